package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/command"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/reconcile"
)

// failing answers an error to every question, or to those for one session.
func failing(err error, only ...string) func(context.Context, string) error {
	return func(_ context.Context, session string) error {
		if len(only) == 0 || slices.Contains(only, session) {
			return err
		}
		return nil
	}
}

func TestAnOutageIsWaitedForAndNothingIsForgotten(t *testing.T) {
	hang := func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	}
	for _, c := range []struct {
		rule   string
		answer func(context.Context, string) error
	}{
		{"an API that answers 503", failing(&reconcile.Unavailable{Status: 503})},
		{"an API that does not answer", failing(&reconcile.Unavailable{})},
		{"an API that hangs", hang},
		{"a database that is away", failing(eventlog.ErrUnavailable)},
		{"a log that is busy", failing(eventlog.ErrBusy)},
		{"a commit whose outcome is unknown", failing(eventlog.ErrOutcomeUnknown)},
		{"a commit that no standby has", failing(eventlog.ErrNotReplicated)},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.provider.set(c.answer)
				start(t, w.follower("a"))
				synctest.Wait()
				w.log.flag("a", "b", "c", "d", "e", "f")
				after(3 * time.Hour)
				if w.desk.At() != 0 {
					t.Errorf("the place is %d, behind what was not done", w.desk.At())
				}
				if n := len(w.provider.all()); n < 30 || n > 200 {
					t.Errorf("%d attempts in three hours, wanted about one a minute", n)
				}
				if n := w.lines.Count("level=WARN"); n != 1 {
					t.Errorf("%d warnings, wanted one", n)
				}
				before := w.log.head()
				w.provider.set(nil)
				after(5 * time.Minute)
				if n := w.log.head() - before; n != 6 {
					t.Errorf("%d snapshots when the outage had ended, wanted 6", n)
				}
				if at := w.desk.At(); at != w.log.head() {
					t.Errorf("the place is %d, the head %d", at, w.log.head())
				}
			})
		})
	}
}

func TestTheProviderIsAskedWhenItWantsToBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.provider.set(failing(&reconcile.Unavailable{Status: 429, RetryAfter: 10 * time.Minute}))
		start(t, w.follower("a"))
		synctest.Wait()
		w.log.flag("a", "b", "c", "d", "e", "f", "g")
		after(31 * time.Minute)
		// Four at once, then one after each pause.
		if n := len(w.provider.all()); n != 4+3 {
			t.Errorf("%d attempts, wanted 7", n)
		}
		w.provider.set(nil)
		after(11 * time.Minute)
		if w.desk.At() != w.log.head() {
			t.Error("it did not go on")
		}
	})
}

func TestASessionThatFailsAloneIsLeftToTheSweep(t *testing.T) {
	for _, c := range []error{
		reconcile.ErrRefused, reconcile.ErrAnswer, reconcile.ErrNoKey, command.ErrRestless, eventlog.ErrUnstorable,
		errors.New("some fault"),
		&reconcile.Unavailable{Status: 500}, // while others are answered
		context.DeadlineExceeded,
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.provider.set(failing(c, "bad"))
				start(t, w.follower("a"))
				synctest.Wait()
				w.log.flag("bad")
				for i := range 60 {
					w.log.flag(fmt.Sprint(i))
					after(30 * time.Second)
				}
				if at := w.desk.At(); at != w.log.head() {
					t.Errorf("the place is %d, the head %d", at, w.log.head())
				}
				bad := slices.DeleteFunc(w.provider.sessions(), func(s string) bool { return s != "bad" })
				// More only as long as nobody else was answered.
				if len(bad) < 4 || len(bad) > 15 {
					t.Errorf("%d attempts for it, wanted few", len(bad))
				}
				if w.meter.get("follow given_up") != 1 || w.lines.Count("session_ref=ref-bad") != 1 || w.lines.Count(secret) > 0 {
					t.Error("it was not counted and logged once, by its reference only")
				}
				if n := w.meter.get("follow different"); n != 60 {
					t.Errorf("%d others were reconciled, wanted 60", n)
				}
			})
		})
	}
}

func TestAKeyThatIsRefusedDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.provider.set(failing(reconcile.ErrRefused))
		start(t, w.follower("a"))
		synctest.Wait()
		for i := range 5000 {
			w.log.flag(fmt.Sprint(i))
		}
		after(6 * time.Hour)
		if n := len(w.provider.all()); n > 6*60+30 {
			t.Errorf("%d attempts in six hours, wanted about one a minute", n)
		}
		if n := w.meter.get("follow given_up"); n > 200 {
			t.Errorf("%d sessions were given up for what is not their fault", n)
		}
		w.provider.set(nil)
		after(30 * time.Minute)
		if at := w.desk.At(); at != w.log.head() {
			t.Errorf("the place is %d, the head %d", at, w.log.head())
		}
		if n := w.meter.get("follow different") + w.meter.get("follow given_up"); n != 5000 {
			t.Errorf("%d sessions were reconciled or given up, wanted 5000", n)
		}
	})
}

func TestAFollowerBehindTheHeadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.desk.Put(7) // as after a backup was restored
		ended, end := context.WithCancel(t.Context())
		end()
		if err := w.sweeper("a").Run(ended); err != nil {
			t.Fatalf("ended by its context with %v", err)
		}
		if err := w.sweeper("b").Run(t.Context()); !errors.Is(err, consumer.ErrBeyondHead) {
			t.Errorf("got %v, wanted ErrBeyondHead", err)
		}
	})
}

func TestAFollowerThatLosesItsPlaceClaimsItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.sweeper("a"))
		synctest.Wait()
		w.log.flag("s", "t")
		w.desk.Put(1) // as by a person who took the claim away
		after(time.Minute)
		names := w.provider.sessions()
		if slices.Index(names, "t") < 0 {
			t.Errorf("asked for %v", names)
		}
		if at := w.desk.At(); at != w.log.head() {
			t.Errorf("the place is %d, the head %d", at, w.log.head())
		}
	})
}
