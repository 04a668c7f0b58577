package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"dossier/application/relay"
)

// publish returns once the stream holds a message. If it may be that there is no
// stream any more, it makes one, for the next try.
func (b *Broker) publish(ctx context.Context, m relay.Message) error {
	if b.closed.Err() != nil {
		return nats.ErrConnectionClosed
	}
	if !b.conn.IsConnected() {
		return b.away()
	}
	start := time.Now()
	err := b.store(ctx, m)
	if mayBeGone(err) && ctx.Err() == nil {
		if _, err := b.ensureStream(ctx); err != nil {
			return err
		}
	}
	return b.explain(err, start)
}

// mayBeGone reports whether an error is one of those that a stream gives that
// was deleted. Nobody answers then, or not JetStream: any other subscriber of the
// subject keeps the server from saying that nobody listens.
func mayBeGone(err error) bool {
	return errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound) ||
		errors.Is(err, jetstream.ErrInvalidJSAck) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
}

// store sends a message until the stream holds it. JetStream drops ids that it
// knows, also after their message was purged: then another id is tried.
func (b *Broker) store(ctx context.Context, m relay.Message) error {
	msg, err := marshaler{}.Marshal(b.to.Name, wrap(m))
	if err != nil {
		return err
	}
	for again := 0; ; again++ {
		msg.Header.Set(nats.MsgIdHdr, messageID(b.to.Name, m, again))
		stored, err := b.send(ctx, msg)
		if err != nil {
			return err
		}
		if stored {
			if again > 0 && b.repeated != nil {
				b.repeated(m)
			}
			return nil
		}
	}
}

// messageID tells what must be stored once from all else. The ids of a stream
// are those of all its subjects: who publishes, and where, is a part of them. So
// is the generation, for what a person wants once more is no duplicate.
func messageID(name string, m relay.Message, again int) string {
	id := m.Relay + "/" + name + "/" + strconv.FormatInt(m.Generation, 10) + "/" + m.Event.EventID
	if again > 0 {
		id += "/" + strconv.Itoa(again)
	}
	return id
}

// send publishes a message once, and reports whether the stream holds it. The
// library of Watermill would not tell: it hides the acknowledgement, in which
// JetStream says that it stored nothing.
func (b *Broker) send(ctx context.Context, msg *nats.Msg) (stored bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	id := msg.Header.Get(nats.MsgIdHdr)
	ack, err := b.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(b.to.Stream))
	if err != nil {
		return false, err
	}
	stored = !ack.Duplicate || b.seen.has(id)
	if !stored {
		stored, err = b.holds(ctx, ack.Sequence, id)
	}
	if stored {
		b.seen.add(id)
	}
	return stored, err
}

// holds looks into the stream, whether the message of an id is where the
// acknowledgement says.
func (b *Broker) holds(ctx context.Context, sequence uint64, id string) (bool, error) {
	stream, err := b.js.Stream(ctx, b.to.Stream)
	if err != nil {
		return false, fmt.Errorf("look for a known message: %w", err)
	}
	held, err := stream.GetMsg(ctx, sequence)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for a known message: %w", err)
	}
	return held.Header.Get(nats.MsgIdHdr) == id, nil
}
