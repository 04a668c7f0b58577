package relay_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/consumer"
	"dossier/application/relay"
)

// line is the connection of one process to its store; it can be cut.
type line struct {
	*desk
	cut    atomic.Bool
	claims atomic.Int32
}

func (l *line) Claim(ctx context.Context, c consumer.Claim) (consumer.Grant, error) {
	l.claims.Add(1)
	if l.cut.Load() {
		return consumer.Grant{}, errAway
	}
	return l.desk.Claim(ctx, c)
}

func (l *line) Move(ctx context.Context, m consumer.Move) error {
	if l.cut.Load() {
		return errAway
	}
	return l.desk.Move(ctx, m)
}

func (l *line) Release(ctx context.Context, id consumer.ID, holder string) error {
	if l.cut.Load() {
		return errAway
	}
	return l.desk.Release(ctx, id, holder)
}

func TestOneRelayOfANameIsActiveAndAnotherTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		stop := start(t, w.toBroker("a").Run)
		synctest.Wait()
		start(t, w.toBroker("b").Run)
		for range 20 {
			w.log.add("s")
			after(time.Second)
		}
		if n := w.lines.Count("stands by"); n != 1 {
			t.Errorf("it was logged %d times that a relay stands by, wanted once", n)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		w.log.add("s", "s")
		after(4 * time.Second)
		w.target.checkOnce(t, 22)
	})
}

func TestTheRelayOfAProcessThatDiedIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		dying := &line{desk: w.desk}
		r := w.toBroker("a")
		r.Groups = dying
		stop := start(t, r.Run)
		synctest.Wait()
		dying.cut.Store(true) // so that it can't give its place back
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		start(t, w.toBroker("b").Run)
		w.log.add("s", "s")
		after(20 * time.Second)
		w.target.checkOnce(t, 2)
	})
}

func TestARelayThatCantRenewItsClaimStopsPublishing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(relay.Message) error { return errAway })
		cut := &line{desk: w.desk}
		r := w.toBroker("a")
		r.Groups = cut
		w.log.add("s")
		start(t, r.Run)
		after(time.Second)
		cut.cut.Store(true)
		after(15 * time.Second)
		tries := len(w.target.tries())
		after(time.Hour)
		if n := len(w.target.tries()) - tries; n > 0 {
			t.Errorf("%d attempts after the claim ran out", n)
		}
		cut.cut.Store(false)
		w.target.set(nil)
		after(time.Minute)
		w.target.checkOnce(t, 1)
	})
}

func TestARelayWhosePlaceWasMovedGoesOnFromThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		start(t, w.toBroker("a").Run)
		synctest.Wait()
		w.desk.Put(2) // as by a person who took the claim away
		w.log.add("a", "b", "c", "d")
		after(5 * time.Second)
		if at := w.desk.At(); at != 4 {
			t.Errorf("the place is %d, wanted 4", at)
		}
		if w.lines.Count("lost its place") != 1 {
			t.Error("it was not logged once that the place was lost")
		}
	})
}

func TestAnAnswerThatIsLostDoesNotStopTheRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		r := w.toBroker("a")
		r.Groups = &unanswered{desk: w.desk}
		w.log.add("a", "b")
		start(t, r.Run)
		after(10 * time.Second)
		w.log.add("a")
		after(10 * time.Second)
		w.target.checkOnce(t, 3)
		if at := w.desk.At(); at != 3 {
			t.Errorf("the place is %d, wanted 3", at)
		}
	})
}

// unanswered moves, and does not answer.
type unanswered struct{ *desk }

func (u *unanswered) Move(ctx context.Context, m consumer.Move) error {
	return errors.Join(errAway, u.desk.Move(ctx, m))
}

// A failover to a standby that lagged puts the group back, and the events behind
// it are others then. An idle relay moves nothing that would tell it so.
func TestARelayWhoseGroupWentBackBeginsThereAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		start(t, w.toBroker("a").Run)
		w.log.add("s", "s", "s", "s")
		after(10 * time.Second)
		w.target.checkOnce(t, 4)
		w.desk.Put(2)
		after(30 * time.Second)
		if at := w.desk.At(); at != 4 {
			t.Errorf("the relay is at %d, wanted it at 4 again", at)
		}
		if n := w.lines.Count("lost its place"); n != 1 {
			t.Errorf("it was logged %d times that the place was lost, wanted once", n)
		}
	})
}
