package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/translog"
)

// heard is a store's log, which is read when the store has ended.
type heard struct{ strings.Builder }

func (h *heard) config() sqlstore.Config {
	c := quiet()
	c.Logger = slog.New(slog.NewTextHandler(h, nil))
	return c
}

// cutBack takes the last events from a database, as a failover to a standby that
// lagged does, with all that was derived from them.
func (b backend) cutBack(t *testing.T, head int64) {
	t.Helper()
	unguarded := []string{`DROP TRIGGER events_refuse_delete`}
	if b.isPostgres() {
		unguarded = []string{`ALTER TABLE events DISABLE TRIGGER events_are_append_only`}
	}
	for _, statement := range append(unguarded,
		fmt.Sprintf(`DELETE FROM events WHERE position > %d`, head),
		fmt.Sprintf(`DELETE FROM deliveries WHERE position > %d`, head),
		`DELETE FROM heads WHERE stream NOT IN (SELECT stream FROM events)`,
		`UPDATE heads SET version = (SELECT max(version) FROM events WHERE events.stream = heads.stream)`,
	) {
		b.exec(t, statement)
	}
}

// appendAll appends events that say numbers.
func appendAll(t *testing.T, s *sqlstore.Store, session, text string, n int) {
	t.Helper()
	for i := range n {
		if _, err := s.Append(t.Context(), request(session, fmt.Sprint(text, i))); err != nil {
			t.Fatal(err)
		}
	}
}

func texts(t *testing.T, s eventlog.Reader) (all []string) {
	t.Helper()
	events, err := s.ReadAll(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		all = append(all, e.Data)
	}
	return all
}

func TestAServerForgetsALogThatWasCutBack(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		var log heard
		s := b.run(t, log.config())
		appendAll(t, s, "ghost", "before", 5)
		b.cutBack(t, 3)
		receipt, err := s.Append(t.Context(), request("real", "after"))
		if err != nil || receipt.Position != 4 || receipt.Version != 1 {
			t.Fatalf("an append to a log that was cut back: %+v, %v", receipt, err)
		}
		if all := texts(t, s); len(all) != 4 || !strings.Contains(all[3], "after") {
			t.Errorf("the log says %q", all)
		}
		appendAll(t, s, "real", "more", 2)
		if all := texts(t, s); len(all) != 6 {
			t.Errorf("the log says %q", all)
		}
		if text := log.String(); strings.Count(text, "the log was cut back") != 1 || !strings.Contains(text, "had=5 head=3") {
			t.Errorf("said:\n%s", text)
		}
	})
}

// Another server may have appended meanwhile, so that the head is as high again.
func TestAServerForgetsALogThatHasOtherEvents(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		var log heard
		s, other := b.run(t, log.config()), b.run(t, quiet())
		appendAll(t, s, "ghost", "before", 5)
		b.cutBack(t, 3)
		appendAll(t, other, "real", "other", 2)
		if receipt, err := s.Append(t.Context(), request("real", "after")); err != nil || receipt.Position != 6 || receipt.Version != 3 {
			t.Fatalf("an append to a log with other events: %+v, %v", receipt, err)
		}
		if all := strings.Join(texts(t, s), " "); strings.Contains(all, "before3") || !strings.Contains(all, "other1") {
			t.Errorf("the log says %q", all)
		}
		if !strings.Contains(log.String(), "the log was cut back") {
			t.Errorf("said:\n%s", log.String())
		}
	})
}

// A head that is too low is told by nobody; who appends finds out why.
func TestAHeadBelowWhatIsCommittedIsNotTold(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		lines := &heard{}
		t.Cleanup(func() { // after the store has ended
			if text := lines.String(); !strings.Contains(text, "too low\" head=3 committed=5") || strings.Contains(text, "<nil>") {
				t.Errorf("the log says:\n%s", text)
			}
		})
		s := b.run(t, lines.config())
		appendAll(t, s, "ghost", "before", 5)
		b.cutBack(t, 3)
		_, err := s.Head(t.Context())
		if !errors.Is(err, eventlog.ErrBehind) {
			t.Errorf("a head that is too low: %v", err)
		}
		for {
			head, err := s.Head(t.Context())
			if err == nil {
				if head != 3 {
					t.Errorf("the head is %d", head)
				}
				break
			}
			if !errors.Is(err, eventlog.ErrBehind) || t.Context().Err() != nil {
				t.Fatal(err)
			}
		}
		if position, err := s.Checkpoint(t.Context(), projection.FlagsName); err != nil || position != 0 {
			t.Errorf("checkpoint %d, %v", position, err)
		}
	})
}

func TestACheckpointBelowWhatIsCommittedIsNotTold(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		appendAll(t, s, "ghost", "before", 5)
		b.cutBack(t, 3)
		if _, err := s.Checkpoint(t.Context(), projection.SessionsName); !errors.Is(err, eventlog.ErrBehind) {
			t.Errorf("a checkpoint of a server that is behind: %v", err)
		}
	})
}

// Who reads on says which event it stands behind. Neither store appends: nobody
// has told them.
func TestWhoReadsOnIsToldOfAnotherHistory(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		appendAll(t, s, "a", "before", 5)
		events, err := s.ReadAll(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		b.cutBack(t, 3)
		other, reader := b.run(t, quiet()), b.run(t, quiet())
		at := func(i int) eventlog.Place {
			return eventlog.Place{Position: events[i].Position, EventID: events[i].EventID}
		}
		for grown := range 4 { // also when the log has grown beyond that position again
			for i := range events {
				for _, limit := range []int{0, 1, 10} {
					got, err := reader.ReadBehind(t.Context(), at(i), limit)
					if lost := errors.Is(err, eventlog.ErrOtherHistory); lost != (i >= 3) || !lost && err != nil {
						t.Errorf("behind event %d, %d events later: %v", i+1, grown, err)
					}
					if want := min(limit, 2-i+grown); i < 3 && len(got) != want {
						t.Errorf("behind event %d: %d events, want %d", i+1, len(got), want)
					}
				}
			}
			appendAll(t, other, "b", fmt.Sprint("after", grown), 1)
		}
	})
}

// What was read from memory, or from another server, is not written.
func TestNoGhostIsProjectedOrSealed(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		appendAll(t, s, "a", "x", 3)
		events, err := s.ReadAll(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		b.cutBack(t, 2)
		ctx := context.WithoutCancel(t.Context())
		if err := s.Prepare(ctx, projection.FlagsName, "1"); err != nil {
			t.Fatal(err)
		}
		step := projection.Step{Name: projection.FlagsName, Version: "1", To: 3, LastID: events[2].EventID}
		if moved, err := s.Step(ctx, step, func(context.Context, projection.Tx) error { return nil }); moved || !errors.Is(err, eventlog.ErrOtherHistory) {
			t.Errorf("a step onto an event that is gone: %v, %v", moved, err)
		}
		growth := translog.Growth{To: 3, ToID: events[2].EventID}
		if moved, err := s.ExtendTree(ctx, growth, nil); moved || !errors.Is(err, eventlog.ErrOtherHistory) {
			t.Errorf("sealing an event that is gone: %v, %v", moved, err)
		}
		growth = translog.Growth{To: 2, ToID: events[1].EventID}
		if moved, err := s.ExtendTree(ctx, growth, nil); !moved || err != nil {
			t.Errorf("sealing what is there: %v, %v", moved, err)
		}
	})
}
