package sqlstore

import (
	"fmt"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// decide runs one append on the state that the ones before it left. Whatever
// goes wrong in it leaves the batch as it was.
func (b *batch) decide(p *pending) answer {
	if err := p.ctx.Err(); err != nil {
		return answer{err: err} // nobody waits for it any more
	}
	first, conflict := b.deliveredBefore(p.request)
	if first != nil {
		return answer{receipt: first.receipt()}
	}
	session := b.heads[p.key]
	events, err := run(p.request.Decide, eventlog.Head{Session: session, Now: b.now, Conflict: conflict})
	if err != nil || len(events) == 0 {
		return answer{err: err}
	}
	recorded, err := b.record(p, session.Version(), events)
	if err != nil {
		return answer{err: err}
	}
	return answer{receipt: b.accept(p, session, recorded)}
}

// run calls a decision and turns its panic into an error. The panic's value is
// left out: it may hold what must not be logged.
func run(decide eventlog.Decide, head eventlog.Head) (events []kyc.Event, err error) {
	defer func() {
		if value := recover(); value != nil {
			events, err = nil, fmt.Errorf("the decision panicked with a %T", value)
		}
	}()
	return decide(head)
}

// record gives each event its place in the log and its stored form.
func (b *batch) record(p *pending, version int64, events []kyc.Event) ([]*eventlog.Recorded, error) {
	recorded := make([]*eventlog.Recorded, len(events))
	for i, event := range events {
		name, data, err := codec.Encode(event)
		if err != nil {
			return nil, err
		}
		e := &eventlog.Recorded{
			Position: b.head.position + int64(i) + 1, EventID: p.eventID, Stream: p.request.Stream,
			Version: version + int64(i) + 1, Type: name, Data: string(data), Metadata: p.metadata,
			RecordedAt: b.head.at, Event: event,
		}
		if i > 0 {
			if err := follow(e, p); err != nil {
				return nil, err
			}
		}
		e.Metadata = b.clocked(e.Metadata)
		recorded[i] = e
	}
	return recorded, nil
}

// follow makes an event one that the first of its append brought along.
func follow(e *eventlog.Recorded, p *pending) error {
	id, err := newEventID()
	if err != nil {
		return err
	}
	metadata := codec.EncodeMetadata(eventlog.Metadata{CausationID: p.eventID, Actor: p.request.Metadata.Actor})
	e.EventID, e.Metadata = id, string(metadata)
	return nil
}

// accept makes the events part of the batch.
func (b *batch) accept(p *pending, before *kyc.Session, recorded []*eventlog.Recorded) eventlog.Receipt {
	first, last := recorded[0], recorded[len(recorded)-1]
	session := before
	if !b.isTouched[p.key] {
		// The state from before stays as it is: if the batch fails, it is right.
		session = before.Clone()
		b.isTouched[p.key] = true
		b.touched = append(b.touched, p.key)
		b.heads[p.key] = session
	}
	for _, e := range recorded {
		session.Apply(e.Event, e.Mark())
	}
	b.events = append(b.events, recorded...)
	b.head.position = last.Position
	receipt := eventlog.Receipt{Position: first.Position, Version: first.Version, Last: last.Position}
	if p.request.Delivery != nil {
		b.deliver(p.request, receipt)
	}
	return receipt
}
