package relay_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/relay"
)

// many appends events of so many sessions.
func (w *world) many(sessions int) {
	for i := range sessions {
		w.log.add(fmt.Sprint("s", i))
	}
}

func TestAReceiverThatIsAwayHasFewSessionsDeferred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(relay.Message) error { return &relay.Failure{Err: errAway} })
		w.many(1000)
		r := w.toReceiver("a")
		r.Page = 250
		start(t, r.Run)
		after(30 * time.Minute)
		// Six of the first round and those that were begun with them, then one in
		// each pause of up to a minute.
		if rows := len(w.desk.rows()); rows < 30 || rows > 6+4+6+30 {
			t.Errorf("%d messages are deferred after half an hour, wanted about one a minute", rows)
		}
		if n := w.lines.Count("goes on slowly"); n != 1 {
			t.Errorf("it was logged %d times that the receiver is away", n)
		}
		w.target.set(nil)
		after(time.Hour)
		w.target.checkOnce(t, 1000)
		if w.lines.Count("accepts messages again") != 1 {
			t.Error("it was not logged once that the receiver is back")
		}
		w.target.set(func(relay.Message) error { return &relay.Failure{Err: errAway} })
		w.many(50)
		after(time.Second)
		if w.lines.Count("goes on slowly") != 2 {
			t.Error("it was not logged that the receiver is away again")
		}
	})
}

// One session is enough to be told that the receiver is down, and many do not fill
// the log.
func TestAReceiverThatAcceptsNothingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(relay.Message) error { return &relay.Failure{Status: 502} })
		w.many(1)
		start(t, w.toReceiver("a").Run)
		after(time.Second)
		if n := w.lines.Count("does not accept a message, which is tried again"); n != 1 || w.lines.Count("answered 502") != 1 {
			t.Errorf("it was logged %d times", n)
		}
		for i := range 100 {
			w.log.add(fmt.Sprint("t", i))
			after(time.Second)
		}
		if n := w.lines.Count("does not accept a message"); n != 1 {
			t.Errorf("it was logged %d times within two minutes", n)
		}
	})
}

func TestEventsThatComeOneByOneWhileTheReceiverIsAwayAreNotDeferredOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(relay.Message) error { return &relay.Failure{Status: 502} })
		start(t, w.toReceiver("a").Run)
		for i := range 600 {
			w.log.add(fmt.Sprint("s", i))
			after(time.Second)
		}
		if rows := len(w.desk.rows()); rows > 30 {
			t.Errorf("%d of 600 messages are deferred after ten minutes", rows)
		}
	})
}

func TestWhatIsAcceptedEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(relay.Message) error { return &relay.Failure{Status: 503, RetryAfter: 30 * time.Minute} })
		w.many(50)
		start(t, w.toReceiver("a").Run)
		after(time.Second)
		before := len(w.target.tries())
		after(29 * time.Minute)
		if n := len(w.target.tries()) - before; n > 0 {
			t.Errorf("%d attempts although the receiver asked for half an hour", n)
		}
		w.target.set(nil)
		after(2 * time.Minute)
		w.target.checkOnce(t, 50)
	})
}

func TestAReceiverThatAsksForNoMoreTimeIsTriedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(relay.Message) error { return &relay.Failure{Status: 503, RetryAfter: 30 * time.Minute} })
		w.many(50)
		start(t, w.toReceiver("a").Run)
		synctest.Wait()
		w.target.set(func(relay.Message) error { return &relay.Failure{Status: 503} })
		after(time.Hour)
		if n := len(w.desk.rows()); n < 20 {
			t.Errorf("%d sessions were tried within half an hour, wanted one a minute", n)
		}
	})
}

func TestADeferredMessageThatIsAcceptedEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(refusing(1))
		w.log.add("s0")
		start(t, w.toReceiver("a").Run)
		after(9 * time.Second) // the first is due in a second
		w.target.set(func(relay.Message) error { return &relay.Failure{Status: 503, RetryAfter: time.Hour} })
		w.many(50)
		synctest.Wait()
		w.target.set(nil)
		after(5 * time.Second)
		if at := w.desk.At(); at != 51 {
			t.Errorf("the place is %d soon after the receiver was back, wanted 51", at)
		}
	})
}

func TestSessionsThatAreRefusedForEverDontHoldUpTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		poison := upTo(12) // more than make the receiver count as away
		w := newWorld(refusing(poison...))
		w.many(40)
		start(t, w.toReceiver("a").Run)
		after(3 * time.Minute)
		got := w.target.got()
		slices.Sort(got)
		if !slices.Equal(got, upTo(40)[12:]) {
			t.Errorf("got %v, wanted 13 to 40", got)
		}
	})
}

func TestAPageOfOneSessionIsDeferredWithoutFurtherAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(relay.Message) error { return &relay.Failure{Status: 500} })
		for range 100 {
			w.log.add("s")
		}
		start(t, w.toReceiver("a").Run)
		synctest.Wait()
		if tries, rows := len(w.target.tries()), len(w.desk.rows()); tries != 1 || rows != 100 {
			t.Errorf("%d attempts and %d deferred, wanted 1 and 100", tries, rows)
		}
		w.target.set(nil)
		after(20 * time.Second)
		w.target.checkOnce(t, 100)
		if got := w.target.got(); !slices.Equal(got, upTo(100)) {
			t.Errorf("came in the order %v", got)
		}
	})
}
