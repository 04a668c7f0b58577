package relay_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/consumer"
	"dossier/application/relay"
)

// connection is a broker that was reached.
type connection struct {
	relay.Broker
	hazards []string
	closed  *atomic.Int32 // how often, nil: nobody asks
}

func (c connection) Hazards() []string { return c.hazards }

func (c connection) Close() error {
	if c.closed != nil {
		c.closed.Add(1)
	}
	return nil
}

// reached connects to a broker at once.
func reached(b relay.Broker) func(context.Context) (relay.Connection, error) {
	return func(context.Context) (relay.Connection, error) { return connection{Broker: b}, nil }
}

// A broker that was never reached has a place, and so a lag that grows; the place
// is where the relay first was.
func TestThePlaceIsTakenBeforeTheBrokerIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		w.log.add("a", "a")
		var away atomic.Bool
		away.Store(true)
		run := func() (stop func() error) {
			r := w.toBroker("a")
			r.Start = consumer.End()
			r.Connect = func(context.Context) (relay.Connection, error) {
				if away.Load() {
					return nil, errAway
				}
				return connection{Broker: w.target}, nil
			}
			return start(t, r.Run)
		}
		stop := run()
		synctest.Wait()
		if at := w.desk.At(); at != 2 {
			t.Errorf("the place is %d before the broker is reached, wanted 2", at)
		}
		w.log.add("a")
		after(time.Minute)
		if n := w.lines.Count("reach its broker"); n != 1 {
			t.Errorf("it was logged %d times that the broker is away, wanted once", n)
		}
		if err := stop(); err != nil {
			t.Errorf("the relay ended with %v", err)
		}
		w.log.add("a")
		stop = run()
		after(time.Minute)
		away.Store(false)
		after(time.Minute)
		if got := w.target.got(); !slices.Equal(got, []int64{3, 4}) {
			t.Errorf("got %v, wanted what came after the first start", got)
		}
		if err := stop(); err != nil {
			t.Errorf("the relay ended with %v", err)
		}
	})
}

func TestARelayConnectsOnceAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		var connected, closed atomic.Int32
		r := w.toBroker("a")
		r.Connect = func(context.Context) (relay.Connection, error) {
			connected.Add(1)
			return connection{Broker: w.target, closed: &closed, hazards: []string{"storage memory"}}, nil
		}
		stop := start(t, r.Run)
		w.log.add("a")
		synctest.Wait()
		w.desk.Put(0) // it loses its place, and takes it again
		after(time.Minute)
		if n := len(w.target.got()); n != 2 {
			t.Errorf("%d messages came, wanted one and the same once more", n)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if connected.Load() != 1 || closed.Load() != 1 {
			t.Errorf("connected %d times, closed %d times", connected.Load(), closed.Load())
		}
		if n := w.lines.Count("storage memory"); n != 1 {
			t.Errorf("a setting was told %d times, wanted once", n)
		}
	})
}

// While the broker is looked for, the place is kept.
func TestARelayWithoutItsBrokerKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		r := w.toBroker("a")
		r.Connect = func(ctx context.Context) (relay.Connection, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		stop := start(t, r.Run)
		synctest.Wait()
		start(t, w.toBroker("b").Run)
		w.log.add("a")
		after(5 * time.Minute)
		if n := len(w.target.got()); n != 0 {
			t.Errorf("another relay sent %d messages", n)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		after(10 * time.Second)
		w.target.checkOnce(t, 1)
	})
}

func TestABrokerThatRefusesToLetTheRelayInIsToldAsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(nil)
		r := w.toBroker("a")
		r.Connect = func(context.Context) (relay.Connection, error) {
			return nil, fmt.Errorf("no such user: %w", relay.ErrRefused)
		}
		stop := start(t, r.Run)
		after(time.Hour)
		if n := w.lines.Count("level=ERROR"); n != 1 {
			t.Errorf("%d errors were logged, wanted one", n)
		}
		if err := stop(); err != nil {
			t.Errorf("the relay ended with %v", err)
		}
	})
}
