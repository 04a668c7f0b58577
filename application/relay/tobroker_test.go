package relay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/consumer"
	"dossier/application/relay"
)

func TestEveryEventIsPublishedOnceInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		for i := range 105 { // ten pages and a half
			w.log.add(fmt.Sprint("s", i%7))
		}
		stop := start(t, w.toBroker("a").Run)
		synctest.Wait()
		w.log.add("s1", "s1", "s2")
		synctest.Wait() // which lets no time pass
		w.target.checkOnce(t, 108)
		if at := w.desk.At(); at != 108 {
			t.Errorf("the place is %d, wanted 108", at)
		}
		if err := stop(); err != nil {
			t.Errorf("the relay ended with %v", err)
		}
		if n := w.meter.get(relay.Published); n != 108 {
			t.Errorf("%d were counted, wanted 108", n)
		}
	})
}

func TestARelayStartsWhereItIsTold(t *testing.T) {
	for start3, wanted := range map[consumer.Start][]int64{
		consumer.Beginning(): {1, 2, 3, 4}, consumer.After(2): {3, 4}, consumer.End(): {4},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(nil)
			w.log.add("a", "a", "a")
			r := w.toBroker("a")
			r.Start = start3
			start(t, r.Run)
			synctest.Wait()
			w.log.add("a")
			synctest.Wait()
			if got := w.target.got(); !slices.Equal(got, wanted) {
				t.Errorf("got %v, wanted %v", got, wanted)
			}
		})
	}
}

func TestAnOutageOfTheBrokerStopsTheRelayAndItResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(m relay.Message) error {
			if m.Event.Position >= 5 {
				return errAway
			}
			return nil
		})
		w.log.add("a", "b", "c", "d", "a", "b", "c", "e", "f", "g", "h", "i")
		start(t, w.toBroker("a").Run)
		after(10 * time.Minute)
		if at := w.desk.At(); at != 0 {
			t.Errorf("the place is %d in the middle of an outage, wanted 0", at)
		}
		w.target.set(nil)
		after(20 * time.Second) // the longest wait, and a fifth
		if at := w.desk.At(); at != 12 {
			t.Errorf("the place is %d, wanted 12", at)
		}
		w.target.checkOrder(t)
		if begins, ends := w.lines.Count("stands still"), w.lines.Count("goes on"); begins != 1 || ends != 1 {
			t.Errorf("an outage was logged %d times when it began and %d when it ended", begins, ends)
		}
		if w.lines.Count("stood_still=10m") != 1 {
			t.Error("it is not told how long the relay stood still")
		}
		if w.lines.Count(secret) > 0 {
			t.Error("a session id was logged")
		}
	})
}

func TestOnlyTheLanesThatFailedArePublishedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		failures := 0
		w.target.set(func(m relay.Message) error {
			if m.Event.Position == 2 && failures < 3 {
				failures++
				return errAway
			}
			return nil
		})
		w.log.add("a", "b", "c", "d", "b")
		start(t, w.toBroker("a").Run)
		after(time.Minute)
		w.target.checkOnce(t, 5)
		if failed, published := w.meter.get(relay.Failed), w.meter.get(relay.Published); failed != 6 || published != 5 {
			t.Errorf("%d failed and %d published were counted, wanted 6 and 5", failed, published)
		}
	})
}

func TestABrokerThatRefusesIsAnErrorAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(func(m relay.Message) error {
			if m.Event.Position == 1 {
				return errAway
			}
			return fmt.Errorf("no right to publish: %w", relay.ErrRefused)
		})
		w.log.add("a", "b")
		start(t, w.toBroker("a").Run)
		after(time.Hour)
		if w.lines.Count("level=ERROR") != 1 || w.lines.Count("no right to publish") != 1 {
			t.Errorf("the refusal was not logged once as an error:\n%s", w.lines.String())
		}
		w.target.set(nil)
		after(time.Minute)
		w.target.checkOnce(t, 2)
	})
}

func TestWhatTheFilterLeavesOutMovesThePlaceOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		r := w.toBroker("a")
		r.Filter = relay.Filter{App: "x", Types: []string{"t1", "t3"}}
		start(t, r.Run)
		for range 20 {
			for range 10 { // each alone
				w.log.add("y/s", "x/t2:s")
				synctest.Wait()
			}
			after(100 * time.Millisecond)
		}
		after(3 * time.Second)
		if at := w.desk.At(); at != 400 {
			t.Errorf("the place is %d, wanted 400", at)
		}
		if n := w.desk.written(); n > 5 {
			t.Errorf("%d writes for 400 events in four seconds", n)
		}
		w.log.add("x/s", "x/t2:s", "x/t3:s", "y/t3:s")
		after(2 * time.Second)
		if got := w.target.got(); !slices.Equal(got, []int64{401, 403}) || w.desk.At() != 404 {
			t.Errorf("got %v at %d, wanted 401 and 403 at 404", got, w.desk.At())
		}
	})
}

func TestOneTypeIsFilteredByTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		r := w.toBroker("a")
		r.Filter = relay.Filter{Types: []string{"t2"}}
		for range 100 {
			w.log.add("a")
		}
		w.log.add("t2:b")
		start(t, r.Run)
		synctest.Wait()
		if got := w.target.got(); !slices.Equal(got, []int64{101}) {
			t.Errorf("got %v, wanted 101 at once", got)
		}
	})
}

func TestAnIdleRelayWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		w.log.add("a", "b")
		start(t, w.toReceiver("a").Run)
		after(time.Second)
		before := w.desk.written()
		after(time.Hour)
		if n := w.desk.written() - before; n > 0 {
			t.Errorf("%d writes in an idle hour", n)
		}
	})
}

func TestAPlaceBeyondTheHeadEndsTheRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		r := w.toBroker("a")
		r.Start = consumer.After(1)
		if err := r.Run(t.Context()); !errors.Is(err, consumer.ErrBeyondHead) {
			t.Errorf("ended with %v, wanted ErrBeyondHead", err)
		}
		w.desk.Put(7)
		if err := w.toReceiver("a").Run(t.Context()); !errors.Is(err, consumer.ErrBeyondHead) {
			t.Errorf("ended with %v, wanted ErrBeyondHead", err)
		}
	})
}

func TestARelayThatEndsInTheMiddleSendsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		ctx, cancel := context.WithCancel(t.Context())
		w.target.set(func(m relay.Message) error {
			if m.Event.Position == 15 {
				cancel()
			}
			return nil
		})
		for range 30 {
			w.log.add("a")
		}
		if err := w.toReceiver("a").Run(ctx); err != nil {
			t.Fatal(err)
		}
		if at := w.desk.At(); at != 15 {
			t.Errorf("the place is %d, wanted 15", at)
		}
		w.target.set(nil)
		start(t, w.toReceiver("b").Run)
		synctest.Wait() // the place was given back
		w.target.checkOnce(t, 30)
	})
}
