package audit

import (
	"context"
	"fmt"
)

// checkKnown reports the events whose delivery is not remembered.
func (p *logPass) checkKnown(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	apps, ids := make([]string, len(events)), make([]string, len(events))
	for i, e := range events {
		apps[i], ids[i] = string(e.Stream.App), e.Came.DeliveryID
	}
	known, err := p.Store.KnownDeliveries(ctx, apps, ids)
	if err != nil {
		return err
	}
	for i, e := range events {
		if !known[DeliveryKey{apps[i], ids[i], e.Came.PayloadSHA256}] && p.Now().Sub(e.Clock()) < remembered {
			p.found(at(e).of(DeliveryMissing, "the event's delivery among those that are remembered", "none with its id and SHA-256"))
		}
	}
	return nil
}

// checkDeliveries says whether each delivery points at the events that it
// brought.
func (v *Verifier) checkDeliveries(ctx context.Context) error {
	var after DeliveryKey
	for {
		rows, err := v.Store.DeliveryRows(ctx, after, pageSize)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, d := range rows {
			v.sum.Deliveries++
			v.checkDelivery(d)
		}
		after = rows[len(rows)-1].DeliveryKey
		v.progress(StageDeliveries, v.sum.Deliveries, 0)
	}
}

func (v *Verifier) checkDelivery(d Delivery) {
	f := Finding{Position: d.Position, Version: d.Version}
	e := d.First
	if e == nil {
		v.found(f.of(DeliveryEvent, "an event at the position that a delivery points at", "none"))
		return
	}
	f.Stream = e.Stream
	if e.MetadataFault != nil {
		return // said of the event
	}
	switch {
	case string(e.Stream.App) != d.App:
		v.found(f.of(DeliveryEvent, "the event that a delivery brought", "an event of another app"))
	case e.Came.DeliveryID != d.ID:
		v.found(f.of(DeliveryEvent, "the event that a delivery brought", "an event with another delivery id"))
	case e.Version != d.Version:
		v.found(f.of(DeliveryEvent, fmt.Sprintf("version %d, which the delivery remembers", d.Version), fmt.Sprintf("version %d", e.Version)))
	case !e.Clock().Equal(d.RecordedAt):
		v.found(f.of(DeliveryEvent, "recorded at "+stamp(d.RecordedAt)+", as the delivery remembers", "recorded at "+stamp(e.Clock())))
	case e.Came.PayloadSHA256 != d.SHA256:
		v.found(f.of(DeliveryHash, "the SHA-256 "+quoted(e.Came.PayloadSHA256)+" of the event's payload", "the delivery remembers "+quoted(d.SHA256)))
	case !d.endsWhereItsEventsEnd():
		v.found(f.of(DeliveryEvent, "the last event that the delivery brought along", fmt.Sprintf("position %d, which is not", d.Last)))
	}
}

// endsWhereItsEventsEnd says whether Last is the last event of the same append:
// all but the first name the first as their cause. So does what a person decided
// about it later, which names the person as well.
func (d Delivery) endsWhereItsEventsEnd() bool {
	belongs := func(e *Event) bool {
		return e != nil && e.MetadataFault == nil && e.Stream == d.First.Stream && e.Came.CausationID == d.First.EventID && e.Came.Actor == d.First.Came.Actor
	}
	if belongs(d.After) || d.Last < d.Position {
		return false
	}
	return d.Last == d.Position || belongs(d.Final) && d.Final.Version-d.Version == d.Last-d.Position
}
