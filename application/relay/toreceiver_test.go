package relay_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/relay"
)

// refusing answers 500 to some positions.
func refusing(positions ...int64) func(relay.Message) error {
	return func(m relay.Message) error {
		if slices.Contains(positions, m.Event.Position) {
			return &relay.Failure{Status: 500}
		}
		return nil
	}
}

func TestAMessageThatIsNotAcceptedIsDeferredAndItsSessionWaitsBehindIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(refusing(2))
		w.log.add("a", "b", "a", "b", "c")
		start(t, w.toReceiver("a").Run)
		synctest.Wait()
		w.log.add("b", "a")
		synctest.Wait()
		got := w.target.got()
		slices.Sort(got)
		if !slices.Equal(got, []int64{1, 3, 5, 7}) || w.desk.At() != 7 {
			t.Errorf("got %v at %d, wanted the other sessions' 1, 3, 5 and 7 at 7", got, w.desk.At())
		}
		rows := w.desk.rows()
		if len(rows) != 3 || rows[0].Position != 2 || rows[0].Attempts != 1 || rows[0].Reason != "answered 500" ||
			rows[1].Attempts != 0 || rows[2].Attempts != 0 {
			t.Errorf("deferred are %+v, wanted 2 after one attempt and behind it 4 and 6", rows)
		}
		w.target.set(nil)
		after(12 * time.Second) // the first wait, and how often it is looked
		w.target.checkOnce(t, 7)
		if at := w.target.hasAt; !at[4].Equal(at[6]) {
			t.Errorf("the session's next came at %v and %v, wanted at once", at[4], at[6])
		}
		if rows := w.desk.rows(); len(rows) > 0 {
			t.Errorf("still deferred: %+v", rows)
		}
		for o, wanted := range map[relay.Outcome]int{relay.Published: 7, relay.Failed: 1, relay.Postponed: 3, relay.Parked: 0} {
			if n := w.meter.get(o); n != wanted {
				t.Errorf("%d are counted as %s, wanted %d", n, o, wanted)
			}
		}
	})
}

func TestAttemptsAreSpacedAndThenTheMessageIsParkedUntilAPersonReplaysIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var tries []time.Duration
		w := newWorld(nil)
		w.target.set(func(m relay.Message) error {
			if m.Event.Position == 1 {
				tries = append(tries, time.Since(began).Round(time.Second))
				return errors.Join(&relay.Failure{Err: errAway})
			}
			return nil
		})
		w.log.add("a", "b", "a")
		start(t, w.toReceiver("a").Run)
		after(3 * time.Hour)
		due := time.Duration(0)
		for i, wait := range append([]time.Duration{0}, relay.DefaultWaits()...) {
			due += wait
			if i >= len(tries) || tries[i] < due || tries[i] > due+3*time.Second*time.Duration(i) {
				t.Fatalf("attempts after %v, wanted the one of number %d after %s", tries, i+1, due)
			}
			due = tries[i]
		}
		if len(tries) != 8 || tries[7] < 50*time.Minute || tries[7] > 70*time.Minute {
			t.Errorf("attempts after %v, wanted 8 in about an hour", tries)
		}
		rows := w.desk.rows()
		if len(rows) != 2 || !rows[0].Parked() || rows[0].Reason != "connection refused" || rows[1].Parked() {
			t.Errorf("deferred are %+v, wanted the first parked and the other behind it", rows)
		}
		if w.meter.get(relay.Parked) != 1 || w.lines.Count("is parked") != 1 {
			t.Error("it was not told once that a message was parked")
		}
		w.target.set(nil)
		after(time.Hour)
		if got := w.target.got(); !slices.Equal(got, []int64{2}) {
			t.Errorf("got %v before the replay, wanted 2", got)
		}
		w.desk.replay()
		after(3 * time.Second)
		w.target.checkOnce(t, 3)
		if w.lines.Count(secret) > 0 {
			t.Error("a session id was logged")
		}
	})
}

func TestAReceiverSaysHowLongToWaitUpToAnHour(t *testing.T) {
	for asked, wanted := range map[time.Duration]time.Duration{
		time.Second: 10 * time.Second, 5 * time.Minute: 5 * time.Minute, 48 * time.Hour: time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(func(relay.Message) error { return &relay.Failure{Status: 429, RetryAfter: asked} })
			w.log.add("a")
			began := time.Now()
			start(t, w.toReceiver("a").Run)
			synctest.Wait()
			if due := w.desk.rows()[0].Due.Sub(began); due != wanted {
				t.Errorf("asked for %s, due after %s, wanted %s", asked, due, wanted)
			}
		})
	}
}

func TestWaitsAreSpreadByAFifth(t *testing.T) {
	for jitter, wanted := range map[float64]time.Duration{0: 8 * time.Second, 0.5: 10 * time.Second, 0.75: 11 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(refusing(1))
			w.log.add("a")
			began := time.Now()
			r := w.toReceiver("a")
			r.Jitter = func() float64 { return jitter }
			start(t, r.Run)
			synctest.Wait()
			if due := w.desk.rows()[0].Due.Sub(began); due.Round(time.Millisecond) != wanted {
				t.Errorf("due after %s, wanted %s", due, wanted)
			}
		})
	}
}

func TestAReceiverThatIsGoneEndsTheRelayAndNothingIsDeferredForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(m relay.Message) error {
			if m.Event.Position > 2 {
				return fmt.Errorf("it wants no more: %w", relay.ErrGone)
			}
			return nil
		})
		w.log.add("a", "b", "a", "b")
		if err := w.toReceiver("a").Run(t.Context()); !errors.Is(err, relay.ErrGone) {
			t.Errorf("ended with %v, wanted ErrGone", err)
		}
		// The other session may not have begun.
		if at, rows := w.desk.At(), w.desk.rows(); at > 2 || len(rows) > 0 {
			t.Errorf("the place is %d with %v deferred, wanted at most 2 and nothing", at, rows)
		}
	})
}

func TestAReceiverThatIsGoneForADeferredMessageEndsTheRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(refusing(1))
		w.log.add("a")
		r := w.toReceiver("a")
		time.AfterFunc(time.Second, func() { w.target.set(func(relay.Message) error { return relay.ErrGone }) })
		if err := r.Run(t.Context()); !errors.Is(err, relay.ErrGone) {
			t.Errorf("ended with %v, wanted ErrGone", err)
		}
		if rows := w.desk.rows(); len(rows) != 1 || rows[0].Attempts != 1 {
			t.Errorf("deferred are %+v, wanted the message as it was", rows)
		}
	})
}

func TestAReasonIsShortAndHarmless(t *testing.T) {
	for _, answered := range []struct {
		err    error
		reason string
	}{
		{&relay.Failure{Status: 503, Err: errors.New("at https://user:pass@host")}, "answered 503"},
		{&relay.Failure{Err: fmt.Errorf("no answer: %w", errAway)}, "no answer: connection refused"},
		{&relay.Failure{}, "no answer"},
		{errors.New("post https://user:pass@host"), "not accepted"},
		{&relay.Failure{Err: errors.New("a\x00b\xff")}, "ab"},
		{&relay.Failure{Err: errors.New(strings.Repeat("é", 300))}, strings.Repeat("é", 100)},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(func(relay.Message) error { return answered.err })
			w.log.add("a")
			start(t, w.toReceiver("a").Run)
			synctest.Wait()
			if reason := w.desk.rows()[0].Reason; reason != answered.reason {
				t.Errorf("the reason is %q, wanted %q", reason, answered.reason)
			}
		})
	}
}

// While a server's clock was ahead it put messages off until tomorrow. Whoever
// relays when the clock is right does not wait for that, and for nothing less.
func TestWhatAClockThatWasAheadPutOffIsDue(t *testing.T) {
	for off, waits := range map[time.Duration]bool{24 * time.Hour: false, -24 * time.Hour: false, 0: true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(func(relay.Message) error { return &relay.Failure{Status: 503, RetryAfter: 2 * time.Hour} })
			w.log.add("a", "a", "b")
			ahead := w.toReceiver("a")
			ahead.Now = func() time.Time { return time.Now().Add(off) }
			stop := start(t, ahead.Run)
			synctest.Wait()
			stop()
			w.target.set(nil)
			start(t, w.toReceiver("b").Run)
			after(20 * time.Second) // a lease, and how often it is looked
			if waits {
				w.target.checkOnce(t, 0)
				after(time.Hour)
			}
			w.target.checkOnce(t, 3)
		})
	}
}
