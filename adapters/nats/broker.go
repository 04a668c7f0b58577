package nats

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"dossier/application/relay"
)

const (
	dialTimeout = 5 * time.Second
	// ackTimeout is how long JetStream may take for one message. Without a
	// leader it answers nothing.
	ackTimeout = 5 * time.Second
	// reconnectWait is the pause between two tries to reach one server.
	reconnectWait = 250 * time.Millisecond
)

// Broker publishes to JetStream over one connection, which is established anew
// for as long as it takes. It implements [relay.Connection].
type Broker struct {
	to   Target
	conn *nats.Conn
	js   jetstream.JetStream
	// denied is what the server said last of a subject on which we may not
	// publish: it tells so beside the request, which stays without an answer.
	denied atomic.Pointer[denial]
	// repeated is told of what was published under another id; nil: nobody is.
	repeated func(relay.Message)
	hazards  []string // of the stream as it was found at the start
	seen     seen
	closed   context.Context // ends with Close
	end      context.CancelFunc
}

type denial struct {
	err error
	at  time.Time
}

// Open connects, and makes the stream if it is missing. The error is
// [relay.ErrRefused] if the server will not have us, or if the stream does not
// take the subject; any other means that no server can be reached now. The end
// of ctx ends what follows the connecting; that takes 5 seconds for each host
// at most.
//
// Repeated is told, if it is not nil, of each message that the stream once had,
// and lost before the relay knew: it was published again.
func Open(ctx context.Context, to Target, repeated func(relay.Message)) (*Broker, error) {
	b := &Broker{to: to, repeated: repeated}
	conn, err := nats.Connect(to.servers(), b.options()...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", classify(err))
	}
	b.conn = conn
	b.closed, b.end = context.WithCancel(context.Background())
	if err := b.start(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context) (err error) {
	if b.js, err = jetstream.New(b.conn); err != nil {
		return err
	}
	stream, err := b.ensureStream(ctx)
	if err != nil {
		return err
	}
	b.hazards = hazards(stream)
	return nil
}

func (b *Broker) options() []nats.Option {
	options := []nats.Option{
		nats.Name("dossier relay"),
		nats.Timeout(dialTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		// Wrong credentials are corrected at the server too: keep on trying.
		nats.IgnoreAuthErrorAbort(),
		// What can't be sent now is an error, and is published again: nothing
		// may be sent behind the back of the one who counts.
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrPermissionViolation) {
				b.denied.Store(&denial{err, time.Now()})
			}
		}),
	}
	switch {
	case b.to.Password != "":
		options = append(options, nats.UserInfo(b.to.User, b.to.Password))
	case b.to.User != "":
		options = append(options, nats.Token(b.to.User))
	}
	return options
}

// Publish implements [relay.Broker]. One message takes 5 seconds at most, and as
// long again if the stream has to be looked for.
func (b *Broker) Publish(ctx context.Context, messages []relay.Message) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(b.closed, cancel)()
	for _, m := range messages {
		if err := b.publish(ctx, m); err != nil {
			return fmt.Errorf("publish event %d to NATS: %w", m.Event.Position, err)
		}
	}
	return nil
}

// Hazards implements [relay.Connection].
func (b *Broker) Hazards() []string { return b.hazards }

// explain classes the error of what began at start.
func (b *Broker) explain(err error, start time.Time) error {
	if denied := b.denied.Load(); err != nil && denied != nil && denied.at.After(start) {
		return classify(denied.err)
	}
	return classify(err)
}

// away tells why there is no connection.
func (b *Broker) away() error {
	if err := b.conn.LastError(); err != nil {
		return classify(err)
	}
	return nats.ErrDisconnected
}

// Close ends the connection and what is being published.
func (b *Broker) Close() error {
	b.end()
	b.conn.Close()
	return nil
}
