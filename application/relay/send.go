package relay

import (
	"context"
	"errors"
	"slices"
	"sync"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// send delivers or defers a page, in as many rounds as it takes.
func (d *delivery) send(ctx context.Context, at *consumer.Place, p page) error {
	for messages := p.messages; at.Position() < p.through; {
		back := d.health.back.Changed() // before the round, so that nothing is missed
		r, err := d.newRound(ctx, messages)
		if err != nil {
			return err
		}
		broken := d.deliverRound(ctx, r)
		through, deferred, rest := r.outcome(d, p.through)
		if through > at.Position() { // not if the first message broke the round
			err = d.settle(ctx, at, through, deferred)
		}
		if err = errors.Join(broken, err); err != nil {
			return err
		}
		messages = rest
		d.pause(ctx, back)
	}
	return nil
}

// settle makes durable what became of messages.
func (d *delivery) settle(ctx context.Context, at *consumer.Place, through int64, deferred []Deferred) error {
	if len(deferred) == 0 {
		return at.Move(ctx, through)
	}
	err := at.MoveBy(ctx, through, func(ctx context.Context, m consumer.Move) error {
		return d.Deferred.Settle(ctx, m, deferred)
	})
	if err == nil {
		d.Meter.Relayed(d.Name, Postponed, len(deferred))
	}
	return err
}

// pause lets time pass if the receiver is away.
func (d *delivery) pause(ctx context.Context, back <-chan struct{}) {
	if !d.health.away() {
		return
	}
	wait, least, first := d.health.pause()
	if first {
		d.Logger.Warn("the receiver accepts nothing, the relay goes on slowly", "relay", d.Name)
	}
	eventlog.Wait(ctx, back, max(d.spread(wait), least))
}

// turn is the messages of one session in a round.
type turn struct {
	messages []Message
	accepted int      // of them, the first ones
	failure  *Failure // of the next; nil: there was none
}

// left returns the first message of which nothing is known; ok is false if there
// is none.
func (t *turn) left() (first Message, ok bool) {
	if t.failure != nil || t.accepted == len(t.messages) {
		return first, false
	}
	return t.messages[t.accepted], true
}

// round is one attempt to deliver messages.
type round struct {
	messages []Message
	blocked  map[eventlog.Stream]bool
	turns    []*turn // of the sessions that are not blocked, by their first message

	mu    sync.Mutex
	begun int // of the turns, the first ones
	err   error
}

func (d *delivery) newRound(ctx context.Context, messages []Message) (*round, error) {
	r := &round{messages: messages, blocked: map[eventlog.Stream]bool{}}
	byStream := map[eventlog.Stream]*turn{}
	var streams []eventlog.Stream
	for _, m := range messages {
		t := byStream[m.Event.Stream]
		if t == nil {
			t = &turn{}
			byStream[m.Event.Stream] = t
			streams = append(streams, m.Event.Stream)
		}
		t.messages = append(t.messages, m)
	}
	err := d.insist(ctx, "read what is deferred", func(ctx context.Context) error {
		blocked, err := d.Deferred.Blocked(ctx, d.Name, streams)
		for _, s := range blocked {
			r.blocked[s] = true
		}
		return err
	})
	for _, s := range streams {
		if !r.blocked[s] {
			r.turns = append(r.turns, byStream[s])
		}
	}
	return r, err
}

// deliverRound lets sessions take their turns, several at a time.
func (d *delivery) deliverRound(ctx context.Context, r *round) error {
	var lanes sync.WaitGroup
	for range min(d.lanes(), len(r.turns)) {
		lanes.Go(func() {
			for t := r.next(&d.health); t != nil; t = r.next(&d.health) {
				if err := d.take(ctx, t); err != nil {
					r.fail(err)
				}
			}
		})
	}
	lanes.Wait()
	return r.err
}

// next begins the next turn. One always may, so that sessions which fail for
// ever don't hold up those behind them; further ones only if the receiver is
// there.
func (r *round) next(h *health) *turn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || r.begun == len(r.turns) || r.begun > 0 && h.away() {
		return nil
	}
	r.begun++
	return r.turns[r.begun-1]
}

func (r *round) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// take delivers the messages of a session until one fails.
func (d *delivery) take(ctx context.Context, t *turn) error {
	for _, m := range t.messages {
		failure, err := d.deliver(ctx, m)
		if err != nil {
			return err
		}
		if failure != nil {
			t.failure = failure
			if d.health.failed(failure, d.now()) {
				d.Logger.Warn("the receiver does not accept a message, which is tried again", "relay", d.Name,
					"position", m.Event.Position, "reason", reason(failure))
			}
			return nil
		}
		t.accepted++
	}
	return nil
}

// outcome returns up to where the round has settled the log, which messages up
// to there are deferred, and which are left for the next round.
func (r *round) outcome(d *delivery, through int64) (settled int64, deferred []Deferred, rest []Message) {
	settled = through
	accepted, failures := map[int64]bool{}, map[int64]*Failure{}
	for _, t := range r.turns {
		if first, ok := t.left(); ok {
			settled = min(settled, first.Event.Position-1)
		}
		for _, m := range t.messages[:t.accepted] {
			accepted[m.Event.Position] = true
		}
		if t.failure != nil {
			failures[t.messages[t.accepted].Event.Position] = t.failure
		}
	}
	for i, m := range r.messages {
		switch position := m.Event.Position; {
		case position > settled:
			rest = slices.DeleteFunc(slices.Clone(r.messages[i:]), func(m Message) bool { return accepted[m.Event.Position] })
			return settled, deferred, rest
		case !accepted[position]:
			deferred = append(deferred, d.deferral(m, failures[position]))
		}
	}
	return settled, deferred, nil
}

// deferral returns a message that failed, or that waits behind one if failure is
// nil.
func (d *delivery) deferral(m Message, failure *Failure) Deferred {
	now := d.now()
	deferred := Deferred{Position: m.Event.Position, Stream: m.Event.Stream, Due: now, Since: now}
	if failure != nil {
		deferred = d.failed(deferred, failure)
	}
	return deferred
}
