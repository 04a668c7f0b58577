package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
)

// pending is an append that waits for its batch.
type pending struct {
	ctx      context.Context
	request  eventlog.Request
	key      string // of the stream
	eventID  string // of the first event
	metadata string // of the first event
	done     chan answer
}

// answer is what became of an append.
type answer struct {
	receipt eventlog.Receipt
	err     error
}

// unanswered is an answer that its caller still waits for.
type unanswered struct {
	to chan<- answer
	answer
}

// Append implements [eventlog.Appender].
func (s *Store) Append(ctx context.Context, r eventlog.Request) (eventlog.Receipt, error) {
	p, err := prepare(ctx, r)
	if err != nil {
		return eventlog.Receipt{}, err
	}
	if err := s.enqueue(p); err != nil {
		return eventlog.Receipt{}, err
	}
	select {
	case a := <-p.done:
		return a.receipt, a.err
	case <-ctx.Done():
		return eventlog.Receipt{}, ctx.Err()
	}
}

// prepare does what needs no lock: the lock is where all appends meet.
func prepare(ctx context.Context, r eventlog.Request) (*pending, error) {
	if err := checkRequest(r); err != nil {
		return nil, err
	}
	id, err := newEventID()
	if err != nil {
		return nil, err
	}
	return &pending{
		ctx: ctx, request: r, key: r.Stream.Key(), eventID: id,
		metadata: string(codec.EncodeMetadata(r.Metadata)),
		done:     make(chan answer, 1),
	}, nil
}

// newEventID returns a UUIDv7: its time prefix keeps the index in one place,
// where random keys would scatter it.
func newEventID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make an event id: %w", err)
	}
	return id.String(), nil
}

// checkRequest refuses what the databases would treat differently.
func checkRequest(r eventlog.Request) error {
	m := r.Metadata
	texts := []string{
		string(r.Stream.App), string(r.Stream.Session), m.DeliveryID, m.RequestID, m.AttemptTrigger,
		m.OriginalIP, m.Payload, m.PayloadSHA256, m.Actor, m.CausationID,
	}
	if r.Delivery != nil {
		texts = append(texts, r.Delivery.ID)
	}
	for _, text := range texts {
		if !storable(text) {
			return fmt.Errorf("text with NUL or invalid UTF-8: %w", eventlog.ErrUnstorable)
		}
	}
	switch {
	case r.Stream.App == "" || r.Stream.Session == "" || strings.Contains(string(r.Stream.App), "/"):
		return fmt.Errorf("a stream without app or session: %w", eventlog.ErrUnstorable)
	case len(r.Stream.Session) > eventlog.MaxSessionID:
		return fmt.Errorf("a session id above %d bytes: %w", eventlog.MaxSessionID, eventlog.ErrUnstorable)
	case r.Delivery != nil && (r.Delivery.ID == "" || len(r.Delivery.ID) > eventlog.MaxDeliveryID):
		return fmt.Errorf("a delivery id not of 1 to %d bytes: %w", eventlog.MaxDeliveryID, eventlog.ErrUnstorable)
	}
	return nil
}

func storable(text string) bool {
	return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}

func (s *Store) enqueue(p *pending) error {
	s.intake.RLock()
	defer s.intake.RUnlock()
	if s.closed {
		return eventlog.ErrClosed
	}
	select {
	case s.queue <- p:
		return nil
	default:
		return eventlog.ErrBusy
	}
}

// crowd is how many appends must wait for the answers of a batch to be held
// back until the next one is under way.
const crowd = 32

// writeBatches writes what is queued until ctx ends, and then what is left. It
// never waits for company: a lone append is a batch of one, and batches grow
// only while the one before is being written.
func (s *Store) writeBatches(ctx context.Context) {
	defer s.dropWriter()
	for {
		select {
		case p := <-s.queue:
			s.writeBatch(s.collect(p))
			s.rest()
		case <-ctx.Done():
			s.closeIntake()
			s.drain()
			return
		}
	}
}

// rest does what can be done between two batches. The callers of a batch have
// much to do when they are answered, all at once, and on a busy machine the next
// batch would wait for them in each round trip. So while a crowd waits, they are
// answered when the next batch is being written, which takes the database a
// while.
func (s *Store) rest() {
	if len(s.queue) < crowd {
		s.answer()
	}
	if len(s.queue) == 0 {
		s.unlock()
	}
}

// answer tells the callers of the last batch what became of their appends.
func (s *Store) answer() {
	for _, a := range s.unanswered {
		a.to <- a.answer
	}
	s.unanswered = s.unanswered[:0]
}

// collect takes what waits behind the first append, up to a full batch.
func (s *Store) collect(first *pending) []*pending {
	batch := []*pending{first}
	for len(batch) < batchSize {
		select {
		case p := <-s.queue:
			batch = append(batch, p)
		default:
			s.meter.Queued(len(s.queue))
			return batch
		}
	}
	s.meter.Queued(len(s.queue))
	return batch
}

func (s *Store) closeIntake() {
	s.intake.Lock()
	defer s.intake.Unlock()
	s.closed = true
}

func (s *Store) drain() {
	for {
		select {
		case p := <-s.queue:
			s.writeBatch(s.collect(p))
		default:
			s.answer()
			return
		}
	}
}
