package pubsub

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// subscription is one call of Subscribe: a Subscriber of Watermill's, and what
// it asks.
type subscription struct {
	owner  *Subscriber
	store  *sqlstore.Consumer
	config Config
	logger watermill.LoggerAdapter
	read   reader
	ctx    context.Context // of the call; what is settled outlives it
	place  place
	hand   hand
	// ending is closed when no further message shall be delivered.
	ending chan struct{}

	current atomicTx

	// Of the goroutine that asks for batches.
	pace    pace
	changed <-chan struct{} // since before the last select
	empty   bool            // the last select found nothing
	faults  int             // one after the other
}

// atomicTx is the present batch.
type atomicTx struct{ atomic.Pointer[tx] }

func (a *atomicTx) next(position int64) { a.Load().next(position) }

// begin begins a batch. The transaction of the database is begun by whoever
// uses it.
func (s *subscription) begin(ctx context.Context) (*tx, error) {
	s.changed = s.owner.grown.Changed() // before reading, so that no wake-up is missed
	s.empty = false
	if !s.place.isHeld() {
		if err := s.claim(ctx); err != nil {
			return nil, err
		}
	}
	t := &tx{s: s}
	s.current.Store(t)
	return t, nil
}

func (s *subscription) readNext(ctx context.Context) (*batch, error) {
	position, held := s.place.at()
	if !held {
		return nil, errLost
	}
	b, err := s.read(ctx, position, s.pace.next())
	if err != nil {
		return nil, err
	}
	s.empty = len(b.rows) == 0
	return b, nil
}

// How long a subscription waits after a fault: twice as long after each.
const (
	firstRetry = 20 * time.Millisecond
	lastRetry  = time.Second
)

// HandleError implements Watermill's BackoffManager. It is called between two
// batches, when nothing is open, and does itself what it might ask for: waiting
// that ends when there is something to do.
func (s *subscription) HandleError(logger watermill.LoggerAdapter, _ bool, err error) time.Duration {
	if t := s.current.Swap(nil); t != nil {
		t.report(&s.pace)
	}
	switch {
	case errors.Is(err, consumer.ErrHeld):
		s.wait(nil, s.config.standbyInterval)
	case err != nil:
		pause := min(lastRetry, firstRetry<<min(s.faults, 10))
		s.faults++
		logger.Error("could not consume", err, watermill.LogFields{"wait_time": pause})
		s.wait(nil, pause)
	case s.empty:
		s.faults = 0
		s.wait(s.changed, s.config.pollInterval)
	default:
		s.faults = 0
	}
	return 0
}

func (s *subscription) wait(changed <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-s.ending:
	}
}

// run delivers until ctx or the subscriber ends. Then the message that a handler
// has in hand may be finished, and all that was acknowledged is settled.
func (s *subscription) run(ctx context.Context, inner *wsql.Subscriber, in <-chan *message.Message, out chan<- *message.Message) {
	defer close(out)
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	working.Go(func() { s.renew(background) })
	working.Go(func() { s.keep(background) })
	working.Go(func() { s.forward(in, out) })
	select {
	case <-ctx.Done():
	case <-s.owner.closing:
	}
	close(s.ending)
	s.hand.close(s.config.CloseTimeout)
	_ = inner.Close() // it never fails
	stop()
	working.Wait()
	s.release()
}

// forward hands messages on. Whatever is delivered once more passes here first.
func (s *subscription) forward(in <-chan *message.Message, out chan<- *message.Message) {
	for msg := range in {
		t, _ := transaction(msg.Context())
		again, err := t.deliver()
		if err != nil {
			// The batch can't be committed: nobody needs to handle the rest of it.
			msg.Ack()
			continue
		}
		if again && !s.rest(msg.Context()) {
			continue
		}
		if !s.hand.take() {
			continue
		}
		select {
		case out <- msg:
		case <-msg.Context().Done():
			s.hand.empty()
		case <-s.ending:
			s.hand.empty()
		}
	}
}

// rest lets a message wait that was not acknowledged; ok is false if it need not
// be delivered any more.
func (s *subscription) rest(ctx context.Context) (ok bool) {
	timer := time.NewTimer(s.config.ResendDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.ending:
		return false
	}
}

// hand is whether a handler has a message.
type hand struct {
	mu      sync.Mutex
	full    bool
	closed  bool
	emptied eventlog.Broadcast
}

// take says that a message is handed out; ok is false if none may be any more.
func (h *hand) take() (ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.full = !h.closed
	return h.full
}

func (h *hand) empty() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.full {
		h.full = false
		h.emptied.Notify()
	}
}

// close lets no message be handed out any more, and returns when the hand is
// empty or the time has passed.
func (h *hand) close(limit time.Duration) {
	emptied := h.emptied.Changed()
	h.mu.Lock()
	h.closed = true
	full := h.full
	h.mu.Unlock()
	if full {
		eventlog.Wait(context.Background(), emptied, limit)
	}
}

// transaction returns the batch of a message's context.
func transaction(ctx context.Context) (*tx, bool) {
	within, _ := wsql.TxFromContext(ctx)
	t, ok := within.(*tx)
	return t, ok
}
