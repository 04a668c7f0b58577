package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"dossier/adapters/simulator"
)

// deliveries returns those of a simulated plan: whole lives with the faults of
// real traffic, each delivery once.
func deliveries(sessions int, seed uint64) (all []simulator.Delivery) {
	plan := simulator.Config{
		Sessions: sessions, Seed: seed, Corporate: 0.3, V3: 0.3,
		Late: 0.2, Reordered: 0.1, Forbidden: 0.1, Unknown: 0.05,
	}
	for d := range simulator.Plan(plan) {
		all = append(all, d)
	}
	return all
}

// courier sends deliveries at once and notes the position that each 200 told.
type courier struct {
	client *client
	mu     sync.Mutex
	stored map[string]int64 // by event id
	answer func(stored int) // called after each 200, if set
}

func newCourier(c *client) *courier { return &courier{client: c.as(""), stored: map[string]int64{}} }

// attempt sends a delivery once; the answer's status is 0 if none came.
func (r *courier) attempt(ctx context.Context, d simulator.Delivery) (status int, slug string) {
	a, err := r.client.try(ctx, http.MethodPost, hook{}.path(), d.Body, d.Header())
	if err != nil {
		return 0, ""
	}
	if a.status != http.StatusOK {
		var p struct{ Type string }
		_ = json.Unmarshal(a.body, &p) // of no problem the type stays empty
		return a.status, p.Type
	}
	var receipt accepted
	if err := json.Unmarshal(a.body, &receipt); err != nil {
		r.client.tb.Errorf("%v in %s", err, a.body)
		return a.status, ""
	}
	r.note(d.EventID, receipt.Position)
	return a.status, ""
}

func (r *courier) note(eventID string, position int64) {
	r.mu.Lock()
	if first, twice := r.stored[eventID]; twice && first != position {
		r.client.tb.Errorf("one delivery was answered with positions %d and %d", first, position)
	}
	r.stored[eventID] = position
	stored := len(r.stored)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(stored)
	}
}

// sendAll sends each delivery once, eight at a time, until ctx ends.
func (r *courier) sendAll(ctx context.Context, all []simulator.Delivery, each func(status int, slug string)) {
	queue := make(chan simulator.Delivery)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for d := range queue {
				status, slug := r.attempt(ctx, d)
				if each != nil {
					each(status, slug)
				}
			}
		})
	}
	for _, d := range all {
		if ctx.Err() != nil {
			break
		}
		queue <- d
	}
	close(queue)
	senders.Wait()
}

// resendAll sends every delivery as often as it takes.
func (r *courier) resendAll(all []simulator.Delivery) {
	r.client.tb.Helper()
	r.sendAll(bounded(r.client.tb), all, func(status int, slug string) {
		if status != http.StatusOK {
			r.client.tb.Errorf("a healthy server answered %d %s", status, slug)
		}
	})
}

// check says that the log holds every delivery once, and each that was answered
// where the answer said; and that the read models are those of the log.
func (r *courier) check(t *testing.T, c *client, all []simulator.Delivery) {
	t.Helper()
	events := auditLog(t, c)
	positions := map[string]int64{}
	for _, e := range events {
		if id, ok := e.Metadata["delivery_id"].(string); ok {
			positions[id] = e.Position
		}
	}
	for _, d := range all {
		if positions[d.EventID] == 0 {
			t.Errorf("%v is not in the log", d)
		}
		if told := r.stored[d.EventID]; told != positions[d.EventID] {
			t.Errorf("%v was answered with position %d, and is at %d", d, told, positions[d.EventID])
		}
	}
	if len(positions) != len(all) {
		t.Errorf("%d deliveries in the log, %d were sent", len(positions), len(all))
	}
	auditSessions(t, c, events)
}
