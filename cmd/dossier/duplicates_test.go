package main

import (
	"net/http"
	"sync"
	"testing"
)

func TestADuplicateIsAnsweredWithTheFirstPosition(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		late := withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))
		c.send(hook{id: "evt_a", fields: withID(person, of("1", "LIVENESS", "APPROVED", ""))}, "flagged")
		first := c.send(hook{id: "evt_b", attempt: 2, fields: late}, "applied") // heals: four events in all
		c.send(hook{id: "evt_c", fields: withID(person, whole("APPROVED", ""))}, "applied")
		again := c.send(hook{id: "evt_b", attempt: 5, fields: late}, "duplicate")

		first.Outcome = "duplicate"
		equal(t, "answer to the duplicate", again, first)
		equal(t, "head", c.head(), 5)
		auditLog(t, c)
	})
}

// The relay's other name for a delivery id is the standard one.
func TestTheIdempotencyKeyNamesADeliveryToo(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	h := hook{fields: withID(person, whole("PENDING_VERIFICATION", "")), header: http.Header{"Idempotency-Key": {"evt_1"}}}
	c.send(h, "applied")
	c.send(h, "duplicate")
	h.header, h.id = nil, "evt_1"
	c.send(h, "duplicate")
}

func TestAKnownDeliveryWithOtherBytesIsFlagged(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	c.send(hook{id: "evt_1", fields: withID(person, whole("PENDING_VERIFICATION", ""))}, "applied")
	conflict := c.send(hook{id: "evt_1", fields: withID(person, whole("APPROVED", ""))}, "flagged")
	flags := c.flags(conflict.last, "")
	if len(flags) != 1 || flags[0].Violation != "delivery_conflict" || flags[0].Severity != "high" {
		t.Errorf("flags: %+v", flags)
	}
	equal(t, "status", c.session(person, conflict.last).Status, "PENDING_VERIFICATION")
}

// The relay may send the same delivery twice at once.
func TestOfEqualDeliveriesAtOnceOneIsStored(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		ctx, h := bounded(t), hook{id: "evt_1", fields: withID(person, whole("PENDING_VERIFICATION", ""))}
		var senders sync.WaitGroup
		for range 32 {
			senders.Go(func() {
				if a, err := c.tryPost(ctx, h); err != nil || a.status != http.StatusOK || a.position() != 1 {
					t.Errorf("%d at %d: %v", a.status, a.position(), err)
				}
			})
		}
		senders.Wait()
		equal(t, "head", c.head(), 1)
	})
}
