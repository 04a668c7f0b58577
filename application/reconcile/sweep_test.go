package reconcile_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// models is the read model of sessions in memory.
type models struct {
	mu   sync.Mutex
	rows []projection.Session
	err  error
	read int // rows
}

// put adds a session that changed last some time ago, after a life of some time.
func (m *models) put(session string, status kyc.Overall, life, ago time.Duration, flags ...kyc.Violation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	row := projection.Session{Stream: streamOf(session), Status: status}
	row.State = kyc.State{Version: 1, Position: int64(len(m.rows) + 1), UpdatedAt: now.Add(-ago), OpenedAt: now.Add(-ago - life)}
	for _, v := range flags {
		row.State.Flags = append(row.State.Flags, kyc.Flag{Violation: v})
	}
	m.rows = append(m.rows, row)
}

// observed brings a session to the front, as every event does.
func (m *models) observed(s eventlog.Stream, position int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.rows {
		if m.rows[i].Stream == s {
			m.rows[i].State.Position, m.rows[i].State.UpdatedAt = 1000+position, time.Now()
		}
	}
}

func (m *models) pick(limit int, order int, picks func(projection.Session) bool) (picked []projection.Session, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range m.rows {
		if picks(row) {
			picked = append(picked, row)
		}
	}
	slices.SortFunc(picked, func(a, b projection.Session) int { return order * cmp.Compare(a.State.Position, b.State.Position) })
	picked = picked[:min(limit, len(picked))]
	m.read += len(picked)
	return picked, m.err
}

func (m *models) OldestSessions(_ context.Context, status kyc.Overall, above int64, limit int) ([]projection.Session, error) {
	return m.pick(limit, 1, func(row projection.Session) bool { return row.Status == status && row.State.Position > above })
}

func (m *models) ListSessions(_ context.Context, f query.SessionFilter, below int64, limit int) ([]projection.Session, error) {
	return m.pick(limit, -1, func(row projection.Session) bool {
		return row.State.Position < below && *f.Flagged == (len(row.State.Flags) > 0) && row.State.UpdatedAt.Before(f.UpdatedBefore)
	})
}

const day = 24 * time.Hour

func (w *world) sweeper(holder string) *reconcile.Follower {
	f := w.follower(holder)
	f.Sweep = &reconcile.Sweep{Models: w.models, Sessions: w.provider}
	return f
}

func TestASweepAsksForWhatHasNotSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		for i, status := range kyc.Overalls() {
			w.models.put(fmt.Sprint(status, " old"), status, 0, 25*time.Hour+time.Duration(i))
		}
		w.models.put("keyless/s", kyc.OverallPendingVerification, 0, 25*time.Hour)
		w.models.put("unknown", kyc.OverallPendingVerification, 0, 25*time.Hour)
		w.models.rows[len(w.models.rows)-1].State.Unknown = true
		for _, v := range kyc.Violations() {
			w.models.put(fmt.Sprint(v), kyc.OverallApproved, 0, 25*time.Hour, v)
		}
		w.models.put("young", kyc.OverallPendingVerification, 0, 23*time.Hour+30*time.Minute)
		start(t, w.sweeper("a"))
		after(time.Minute)
		got := w.provider.sessions()
		slices.Sort(got)
		want := []string{
			"PENDING_VERIFICATION old", "RESUBMISSION_REQUIRED old", "STEPS_APPROVED old", "SUBMISSION_REQUIRED old",
			"after_final", "premature", "regression",
		}
		if !slices.Equal(got, want) {
			t.Errorf("asked for %q, wanted %q", got, want)
		}
		after(time.Hour)
		if got := w.provider.sessions(); len(got) != len(want)+1 || got[len(want)] != "young" {
			t.Errorf("an hour later asked for %q, wanted the young one too", got)
		}
		if n := w.meter.get("sweep different"); n != len(want)+1 {
			t.Errorf("%d metered", n)
		}
	})
}

func TestASessionThatWasAbandonedIsAskedForLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.models.put("s", kyc.OverallSubmissionRequired, 0, 0)
		f := w.sweeper("a")
		f.Sweep.After, f.Sweep.Interval = 10*time.Minute, time.Minute
		start(t, f)
		after(day)
		if n := len(w.provider.all()); n < 7 || n > 8 {
			t.Errorf("asked %d times in a day, wanted about eight: after 10, 20, 40, ... minutes", n)
		}
	})
}

func TestManyUnsettledSessionsAreAllAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		for i := range 350 { // several pages
			w.models.put(fmt.Sprint(i), kyc.OverallPendingVerification, 0, 2*day)
			w.models.put(fmt.Sprint("flagged", i), kyc.OverallRejected, 0, 2*day, kyc.AfterFinal)
		}
		start(t, w.sweeper("a"))
		after(time.Minute)
		if n := len(w.provider.all()); n != 700 {
			t.Errorf("asked for %d, wanted each of 700 once", n)
		}
	})
}

func TestASweepReadsNeitherTheSettledNorTheYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		for i := range 1000 {
			w.models.put(fmt.Sprint("settled", i), kyc.OverallApproved, 0, 2*day)
		}
		for i := range 1000 {
			w.models.put(fmt.Sprint("young", i), kyc.OverallPendingVerification, 0, time.Hour)
		}
		start(t, w.sweeper("a"))
		after(time.Minute)
		w.models.mu.Lock()
		defer w.models.mu.Unlock()
		if w.models.read > 100 {
			t.Errorf("%d rows were read, wanted a page", w.models.read)
		}
	})
}

func TestASweepGoesOnBehindWhatFailsAndComesBackToIt(t *testing.T) {
	for _, c := range []struct {
		rule  string
		err   error
		again int // how often it is asked for in one sweep
	}{
		{"what the provider refuses", reconcile.ErrRefused, 1},
		{"what can't be read", reconcile.ErrAnswer, 1},
		{"what ends in a fault of the server", &reconcile.Unavailable{Status: 500}, 5},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.models.put("bad", kyc.OverallPendingVerification, 0, 2*day)
				w.models.put("good", kyc.OverallPendingVerification, 0, 2*day)
				w.provider.set(func(_ context.Context, session string) error {
					if session == "bad" {
						return c.err
					}
					return nil
				})
				start(t, w.sweeper("a"))
				after(30 * time.Minute)
				want := append(slices.Repeat([]string{"bad"}, c.again), "good")
				if got := w.provider.sessions(); !slices.Equal(got, want) {
					t.Errorf("asked for %v, wanted %v", got, want)
				}
				after(time.Hour)
				if got := w.provider.sessions(); len(got) != len(want)+c.again {
					t.Errorf("the next sweep did not come back to it: %v", got)
				}
				if w.meter.get("sweep given_up") != 2 || w.lines.Count("session_ref=ref-bad") != 2 {
					t.Error("it was not counted and logged each time")
				}
			})
		})
	}
}

func TestASweepWaitsForTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.models.put("s", kyc.OverallPendingVerification, 0, 2*day)
		w.models.err = eventlog.ErrUnavailable
		start(t, w.sweeper("a"))
		after(time.Minute)
		w.models.mu.Lock()
		w.models.err = nil
		w.models.mu.Unlock()
		after(time.Minute)
		w.check(t, "s")
	})
}

func TestTheOldestOfEachStatusIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &models{}
		for range 150 { // more than a page
			m.put("unknown", kyc.OverallPendingVerification, 0, 9*day)
			m.rows[len(m.rows)-1].State.Unknown = true
		}
		m.put("old", kyc.OverallPendingVerification, day, 3*day)
		m.put("young", kyc.OverallPendingVerification, day, day)
		m.put("settled", kyc.OverallApproved, day, 8*day)
		all, err := reconcile.OldestUnsettled(t.Context(), m)
		if err != nil || len(all) != 4 {
			t.Fatalf("%v, %v", all, err)
		}
		for _, o := range all {
			switch pending := o.Status == kyc.OverallPendingVerification; {
			case pending && time.Since(o.Since) != 3*day:
				t.Errorf("the oldest waits since %s", o.Since)
			case !pending && !o.Since.IsZero():
				t.Errorf("%s: there is none, and it waits since %s", o.Status, o.Since)
			}
		}
		m.err = errors.New("away")
		if _, err := reconcile.OldestUnsettled(t.Context(), m); err == nil {
			t.Error("a fault of the database was taken for an answer")
		}
	})
}
