package sqlstore_test

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/audit"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// One event of a clock that was a day ahead. Times of records stand still after
// it; nothing that measures time does.
func TestAClockThatWasAheadFreezesNoTime(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		right := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		var now atomic.Pointer[time.Time] // also read by what runs beside the appends
		now.Store(&right)
		lines := &locked{}
		c := quiet()
		c.Now = func() time.Time { return *now.Load() }
		c.Logger = slog.New(slog.NewTextHandler(lines, nil))
		s := b.run(t, c)
		var decided []time.Time
		r := request("a", "x")
		r.Decide = func(h eventlog.Head) ([]kyc.Event, error) {
			decided = append(decided, h.Now)
			return []kyc.Event{kyc.WebhookDiscarded{Status: "X"}, kyc.WebhookDiscarded{Status: "Y"}}, nil
		}
		for i, clock := range []time.Time{right, right.Add(24 * time.Hour), right.Add(time.Second), right.Add(2 * time.Second), right.Add(-time.Hour)} {
			now.Store(&clock)
			r.Delivery = &eventlog.Delivery{ID: string(rune('a' + i))}
			if _, err := s.Append(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if !decided[i].Equal(clock) {
				t.Errorf("append %d was decided at %s, the clock said %s", i, decided[i], clock)
			}
		}
		// Read from the database, and from memory.
		stored, err := s.ReadStream(t.Context(), r.Stream, 0, 100)
		if err != nil || len(stored) != 10 {
			t.Fatalf("%d events, %v", len(stored), err)
		}
		for i, e := range stored {
			clock := []time.Time{right, right.Add(24 * time.Hour), right.Add(time.Second), right.Add(2 * time.Second), right.Add(-time.Hour)}[i/2]
			recorded := right
			if i > 1 {
				recorded = right.Add(24 * time.Hour)
			}
			if !e.Clock().Equal(clock) || !e.Mark().At.Equal(clock) || !e.RecordedAt.Equal(recorded) {
				t.Errorf("event %d: recorded at %s by a clock that said %s, want %s by %s", i, e.RecordedAt, e.Clock(), recorded, clock)
			}
		}
		checkAudited(t, s, stored)
		if n := b.count(t, `SELECT count(DISTINCT recorded_at) FROM deliveries`); n != 5 {
			t.Errorf("deliveries of %d times", n)
		}
		if strings.Count(lines.String(), "the clock is behind the last event of the log") != 3 {
			t.Errorf("said:\n%s", lines.String())
		}
	})
}

// checkAudited compares what verify folds with what was stored: else a clock that
// was ahead would look like tampering.
func checkAudited(t *testing.T, s *sqlstore.Store, stored []eventlog.Recorded) {
	t.Helper()
	seen := 0
	err := sqlstore.NewAudit(s).EachChunk(t.Context(), func(c audit.Chunk) error {
		return c.Events(t.Context(), func(e audit.Event) error {
			if want := stored[seen].Mark(); e.Mark() != want {
				t.Errorf("verify folds an event as %+v, which is %+v", e.Mark(), want)
			}
			seen++
			return nil
		})
	})
	if err != nil || seen != len(stored) {
		t.Errorf("verify folds %d of %d events, %v", seen, len(stored), err)
	}
}
