package brokertest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"dossier/application/relay"
)

// Run runs the suite. Each case has a server of its own, which start starts
// and, when the case ends, ends.
func Run(t *testing.T, start func(t *testing.T) Server) {
	for name, run := range map[string]func(t *testing.T, s Server){
		"all arrive as they were published":                     allArrive,
		"a session keeps its order under concurrent publishers": orderHolds,
		"an outage is an error, and then it goes on":            outage,
		"the end of the context ends publishing":                endedContext,
		"a closed broker publishes nothing":                     closed,
	} {
		t.Run(name, func(t *testing.T) { run(t, start(t)) })
	}
}

func open(t *testing.T, s Server) Broker {
	b := s.Open(t)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}

func allArrive(t *testing.T, s Server) {
	b, messages := open(t, s), Messages(t, 10, 20)
	if err := b.Publish(bounded(t), messages); err != nil {
		t.Fatal(err)
	}
	if err := CheckOnce(s.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

// lanes is how many publishers the relay has.
const lanes = 32

func orderHolds(t *testing.T, s Server) {
	b, messages, ctx := open(t, s), Messages(t, 3*lanes, 10), bounded(t)
	eachLane(messages, func(lane []relay.Message) {
		if err := b.Publish(ctx, lane); err != nil {
			t.Error(err)
		}
	})
	if err := CheckOnce(s.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

// eachLane shares the sessions out, and waits for what is done with each lane.
func eachLane(messages []relay.Message, do func([]relay.Message)) {
	shares, sessions := make([][]relay.Message, lanes), make(map[string]int)
	for _, m := range messages {
		if _, known := sessions[m.Key]; !known {
			sessions[m.Key] = len(sessions) % lanes
		}
		shares[sessions[m.Key]] = append(shares[sessions[m.Key]], m)
	}
	var all sync.WaitGroup
	for _, share := range shares {
		all.Go(func() { do(share) })
	}
	all.Wait()
}

func outage(t *testing.T, s Server) {
	b, messages, ctx := open(t, s), Messages(t, lanes, 12), bounded(t)
	before, after := messages[:4*lanes], messages[4*lanes:]
	if err := b.Publish(ctx, before); err != nil {
		t.Fatal(err)
	}
	s.Stop(t)
	if err := b.Publish(ctx, after); err == nil {
		t.Error("a server that is away has stored messages")
	} else if errors.Is(err, relay.ErrRefused) {
		t.Errorf("a server that is away refuses: %v", err)
	}
	s.Start(t)
	eachLane(after, func(lane []relay.Message) {
		if _, err := Insist(ctx, b, lane); err != nil {
			t.Error(err)
		}
	})
	if err := Check(s.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

func endedContext(t *testing.T, s Server) {
	b := open(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Publish(ctx, Messages(t, 1, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("publishing after the end of the context answers %v", err)
	}
}

func closed(t *testing.T, s Server) {
	b, ctx := s.Open(t), bounded(t)
	var all sync.WaitGroup
	for range lanes {
		all.Go(func() {
			for b.Publish(ctx, Messages(t, 1, 3)) == nil { // until it is closed
			}
		})
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		t.Errorf("publishers outlive the broker: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
