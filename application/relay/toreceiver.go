package relay

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"dossier/application/consumer"
)

const (
	// mostRetryAfter bounds what a receiver can ask for.
	mostRetryAfter = time.Hour
	// clocksApart is by how much the clocks of the servers that share a relay may
	// differ, before what the other has put off counts as due.
	clocksApart = time.Minute
	// receiverPage is how many events are read at a time: what was accepted since
	// the place was moved last is sent again after a crash, and receivers are
	// slow.
	receiverPage = 250
)

// ToReceiver relays to an HTTP receiver.
type ToReceiver struct {
	Feed
	Receiver Receiver
	Deferred Deferrals
	// Waits are how long a deferred message waits for its second attempt, its
	// third and so on, give or take a fifth, and at least for what the receiver asks
	// for. After the attempt that follows the last of them it is parked. None: see
	// [DefaultWaits].
	Waits []time.Duration
}

// DefaultWaits make eight attempts in about an hour.
func DefaultWaits() []time.Duration {
	return []time.Duration{
		10 * time.Second, 25 * time.Second, time.Minute, 150 * time.Second,
		375 * time.Second, 15 * time.Minute, 35 * time.Minute,
	}
}

// Run relays until ctx ends, and then returns nil. Faults are logged and tried
// again. It returns an error only if the relay must not go on: [ErrGone] or
// [consumer.ErrBeyondHead].
func (r *ToReceiver) Run(ctx context.Context) error {
	config := *r
	config.Page = orDefault(r.Page, receiverPage)
	return r.run(ctx, func(ctx context.Context, at *consumer.Place) error {
		d := &delivery{ToReceiver: &config}
		return consumer.Both(ctx, d.retry, func(ctx context.Context) error { return d.follow(ctx, at, d.send) })
	})
}

// delivery is what a relay to a receiver knows while it holds its place.
type delivery struct {
	*ToReceiver
	health health
}

// deliver delivers a message. It returns whether the message was accepted; if
// not, the failure. An error means that nothing is known of the message.
func (d *delivery) deliver(ctx context.Context, m Message) (failure *Failure, err error) {
	err = d.Receiver.Deliver(ctx, m)
	switch {
	case err == nil:
		d.Meter.Relayed(d.Name, Published, 1)
		if d.health.accepted() {
			d.Logger.Info("the receiver accepts messages again", "relay", d.Name)
		}
		return nil, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, ErrGone):
		return nil, err
	}
	d.Meter.Relayed(d.Name, Failed, 1)
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure, nil
	}
	return &Failure{Err: errNotAccepted}, nil // whose text is not known to be harmless
}

var errNotAccepted = errors.New("not accepted")

// failed returns a deferred message after one more attempt.
func (d *delivery) failed(m Deferred, f *Failure) Deferred {
	waits := d.waits()
	m.Attempts++
	m.Reason = reason(f)
	if m.Attempts > len(waits) {
		m.Due = time.Time{}
		d.Meter.Relayed(d.Name, Parked, 1)
		d.Logger.Warn("a message is parked", "relay", d.Name, "position", m.Position, "attempts", m.Attempts, "reason", m.Reason)
		return m
	}
	m.Due = d.now().Add(max(d.spread(waits[m.Attempts-1]), min(f.RetryAfter, mostRetryAfter)))
	return m
}

func (d *delivery) waits() []time.Duration {
	if len(d.Waits) == 0 {
		return DefaultWaits()
	}
	return d.Waits
}

// latest returns until when a message may be put off at most. What is due later was
// put off by a clock that was ahead, or under longer waits: it would hold its
// session up until that time comes.
func (d *delivery) latest(now time.Time) time.Time {
	return now.Add(max(consumer.MostSpread(slices.Max(d.waits())), mostRetryAfter) + clocksApart)
}

// mostReason is the length of a reason in bytes.
const mostReason = 200

// reason is the text of a failure as every database stores it.
func reason(f *Failure) string {
	text := f.Error()
	return strings.ReplaceAll(strings.ToValidUTF8(text[:min(len(text), mostReason)], ""), "\x00", "")
}
