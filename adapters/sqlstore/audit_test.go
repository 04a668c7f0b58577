package sqlstore_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/audit"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// spread appends events to streams of several apps, of which two have names that
// sort otherwise with a slash behind them, and returns how many each stream has.
func spread(t *testing.T, s *sqlstore.Store) map[eventlog.Stream]int64 {
	t.Helper()
	wanted := map[eventlog.Stream]int64{}
	requests := make(chan eventlog.Request, 4096)
	for i := range 2400 {
		session := fmt.Sprintf("%d/é-%d", i%800, i)
		if i%10 == 0 {
			session = "many" // more events than the others
		}
		r := request(session, "x")
		r.Stream.App = []kyc.App{"a", "a-b", "b"}[i%3]
		wanted[r.Stream]++
		requests <- r
	}
	close(requests)
	var appending sync.WaitGroup
	for range 64 {
		appending.Go(func() {
			for r := range requests {
				if _, err := s.Append(context.WithoutCancel(t.Context()), r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	appending.Wait()
	return wanted
}

// collect goes through all chunks and returns the events of each stream, of
// which none may come twice, and how many chunks there were. What a head is of
// must be in the same chunk.
func collect(t *testing.T, a sqlstore.Audit) (events map[eventlog.Stream]int64, heads []eventlog.Stream, chunks int) {
	t.Helper()
	events = map[eventlog.Stream]int64{}
	err := a.EachChunk(t.Context(), func(c audit.Chunk) error {
		chunks++
		here := map[eventlog.Stream]int64{}
		err := c.Events(t.Context(), func(e audit.Event) error {
			here[e.Stream]++
			if e.Version != here[e.Stream] {
				t.Errorf("version %d is number %d of its stream", e.Version, here[e.Stream])
			}
			return nil
		})
		for stream, n := range here {
			if events[stream] != 0 || c.Heads[stream].Version != n {
				t.Errorf("a stream of %d events in two chunks, or with a head at %d", n, c.Heads[stream].Version)
			}
			events[stream] = n
		}
		for stream := range c.Heads {
			heads = append(heads, stream)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, heads, chunks
}

func TestChunksHoldEveryStreamOnce(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		wanted := spread(t, s)
		for i := range 1500 { // without events
			if _, err := b.raw.ExecContext(t.Context(), `INSERT INTO heads (stream, version, state) VALUES ($1, 1, '{}')`, fmt.Sprintf("a-b0/%d", i)); err != nil {
				t.Fatal(err)
			}
		}
		events, heads, chunks := collect(t, sqlstore.NewAudit(s))
		if len(events) != len(wanted) || len(heads) != len(wanted)+1500 {
			t.Errorf("%d streams and %d heads, want %d", len(events), len(heads), len(wanted))
		}
		for stream, n := range wanted {
			if events[stream] != n {
				t.Errorf("a stream with %d events, want %d", events[stream], n)
			}
		}
		if chunks < 5 { // an app each, of which one has more heads than fit
			t.Errorf("%d chunks: none was cut", chunks)
		}
	})
}

func TestHeadsWithoutANameAreFound(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		spread(t, s)
		strange := []string{"", "/", "/x", "0", "a", "a/", "b/", "zz", "zz", "é"}
		for i, key := range slices.Compact(strange) {
			if _, err := b.raw.ExecContext(t.Context(), `INSERT INTO heads (stream, version, state) VALUES ($1, $2, '{}')`, key, i+100); err != nil {
				t.Fatal(err)
			}
		}
		var found []int64
		err := sqlstore.NewAudit(s).ForeignHeads(t.Context(), func(version int64) { found = append(found, version) })
		slices.Sort(found)
		if want := []int64{100, 101, 102, 103, 104, 105, 106, 107, 108}; err != nil || !slices.Equal(found, want) {
			t.Errorf("found %v, %v; want %v", found, err, want)
		}
	})
}

// Nobody signs here. That is no finding at first, for a server may be starting.
func TestALogThatIsNotSignedIsAFinding(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		live(t, s)
		for _, c := range []struct {
			later time.Duration
			want  int
		}{{0, 0}, {time.Hour, 1}} {
			var found []audit.Finding
			v := audit.Verifier{
				Store: sqlstore.NewAudit(s), Now: func() time.Time { return time.Now().Add(c.later) },
				Report: func(f audit.Finding) {
					if f.Check == audit.NotSigned {
						found = append(found, f)
					}
				},
			}
			if _, err := v.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(found) != c.want || c.want > 0 && found[0].Position != 1 {
				t.Errorf("%s later: %+v", c.later, found)
			}
		}
	})
}

func TestDeliveriesAreReadInPages(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		events := live(t, s)
		a := sqlstore.NewAudit(s)
		seen := map[int64]bool{}
		for after := (audit.DeliveryKey{}); ; {
			rows, err := a.DeliveryRows(t.Context(), after, 7)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				break
			}
			for _, d := range rows {
				if seen[d.Position] || d.First == nil || d.First.Position != d.Position {
					t.Errorf("the delivery of position %d comes twice, or without its event", d.Position)
				}
				seen[d.Position] = true
			}
			after = rows[len(rows)-1].DeliveryKey
		}
		if int64(len(seen)) != b.count(t, `SELECT count(*) FROM deliveries`) || len(events) < len(seen) {
			t.Errorf("%d deliveries", len(seen))
		}
	})
}
