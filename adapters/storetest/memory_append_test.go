package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"dossier/adapters/codec"
	"dossier/adapters/storetest"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

const queueSize = 64

// store is a store over a memory. Its appends are transactions of their own.
type store struct {
	db      *memory
	options storetest.Options
	queue   chan *pending
	grown   eventlog.Broadcast
	watch   consumer.Watch

	intake  sync.RWMutex // guards closed, and that nothing is queued after it
	closed  bool
	closing chan struct{} // closed with it

	remembered map[eventlog.Stream]*kyc.Session // for the fault that trusts it
}

type pending struct {
	ctx     context.Context
	request eventlog.Request
	done    chan answer
}

type answer struct {
	receipt eventlog.Receipt
	err     error
}

func (s *store) Append(ctx context.Context, r eventlog.Request) (eventlog.Receipt, error) {
	if err := s.check(r); err != nil {
		return eventlog.Receipt{}, err
	}
	p := &pending{ctx, r, make(chan answer, 1)}
	if err := s.enqueue(p); err != nil {
		return eventlog.Receipt{}, err
	}
	given := ctx.Done()
	if s.db.fault == hangsOnCancel {
		given = nil
	}
	select {
	case a := <-p.done:
		return a.receipt, a.err
	case <-given:
		return eventlog.Receipt{}, ctx.Err()
	}
}

func (s *store) enqueue(p *pending) error {
	s.intake.RLock()
	defer s.intake.RUnlock()
	if s.closed {
		return eventlog.ErrClosed
	}
	if s.db.fault == waitsInsteadOfBusy {
		select {
		case s.queue <- p:
			return nil
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
	select {
	case s.queue <- p:
		return nil
	default:
		return eventlog.ErrBusy
	}
}

// check refuses what can't be stored.
func (s *store) check(r eventlog.Request) error {
	m := r.Metadata
	texts := []string{string(r.Stream.App), string(r.Stream.Session), m.DeliveryID, m.RequestID, m.AttemptTrigger,
		m.OriginalIP, m.Payload, m.PayloadSHA256, m.Actor, m.CausationID}
	tooLong := len(r.Stream.Session) > eventlog.MaxSessionID
	if r.Delivery != nil {
		texts = append(texts, r.Delivery.ID)
		tooLong = tooLong || len(r.Delivery.ID) > eventlog.MaxDeliveryID || r.Delivery.ID == ""
	}
	impossible := r.Stream.App == "" || r.Stream.Session == "" || strings.Contains(string(r.Stream.App), "/")
	for _, t := range texts {
		nul := strings.IndexByte(t, 0) >= 0 && s.db.fault != acceptsNUL
		impossible = impossible || nul || !utf8.ValidString(t)
	}
	if impossible || tooLong && s.db.fault != acceptsLongIDs {
		return eventlog.ErrUnstorable
	}
	return nil
}

func (s *store) Run(ctx context.Context) error {
	if s.db.fault != neverPrunes {
		if _, err := s.Prune(ctx, s.old()); err != nil {
			return err
		}
	}
	for {
		select {
		case p := <-s.queue:
			p.done <- s.write(p)
		case <-ctx.Done():
			s.intake.Lock()
			s.closed = true
			s.intake.Unlock()
			s.drain()
			return nil
		}
	}
}

func (s *store) drain() {
	for {
		select {
		case p := <-s.queue:
			if s.db.fault == dropsAtShutdown {
				p.done <- answer{err: eventlog.ErrClosed}
			} else {
				p.done <- s.write(p)
			}
		default:
			return
		}
	}
}

func (s *store) Close() error { return nil }

// write runs one append under the log's lock.
func (s *store) write(p *pending) answer {
	if s.db.fault == decidesUnlocked || s.db.fault == positionsBeforeCommit {
		return s.writeLocked(p)
	}
	s.db.lock()
	defer s.db.log.Unlock()
	return s.writeLocked(p)
}

func (s *store) writeLocked(p *pending) answer {
	if err := p.ctx.Err(); err != nil && s.db.fault != writesGivenUp {
		return answer{err: err}
	}
	first, conflict := s.known(p.request)
	if first != nil && s.unreplicated(first.Last) && s.db.fault != duplicatesEarly {
		return answer{err: eventlog.ErrNotReplicated}
	}
	if first != nil {
		return answer{receipt: *first}
	}
	if s.db.fault == deliveryBeforeWork {
		s.remember(p.request, eventlog.Receipt{Position: 1, Version: 1, Last: 1})
	}
	at := s.now()
	session := s.head(p.request.Stream)
	events, err := s.decide(p.request, eventlog.Head{Session: session, Now: at, Conflict: conflict})
	if s.db.fault == swallowsErrors && err != nil {
		return answer{}
	}
	if err != nil || len(events) == 0 {
		if s.db.fault == holeAfterFailure {
			s.positions(1)
		}
		return answer{err: err}
	}
	recorded, err := s.record(p.request, session.Version(), at, events)
	if err != nil {
		return answer{err: err}
	}
	return s.commit(p.request, recorded)
}

// decide calls the decision and turns its panic into an error.
func (s *store) decide(r eventlog.Request, h eventlog.Head) (events []kyc.Event, err error) {
	defer func() {
		if value := recover(); value != nil {
			events, err = nil, fmt.Errorf("the decision panicked with a %T", value)
			if s.db.fault == tellsPanic {
				err = fmt.Errorf("the decision panicked: %v", value)
			}
		}
	}()
	return r.Decide(h)
}

// positions gives out n positions and returns the one before the first.
func (s *store) positions(n int) int64 {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	before := s.db.positions
	s.db.positions += int64(n)
	return before
}

func (s *store) record(r eventlog.Request, version int64, at time.Time, events []kyc.Event) ([]eventlog.Recorded, error) {
	recorded := make([]eventlog.Recorded, len(events))
	metadata := r.Metadata
	if s.db.fault == skipsVersions {
		version++
	}
	for i, e := range events {
		name, data, err := codec.Encode(e)
		if s.db.fault == acceptsNUL && errors.Is(err, eventlog.ErrUnstorable) {
			err = nil
		}
		if err != nil {
			return nil, err
		}
		recorded[i] = eventlog.Recorded{
			EventID: s.eventID(), Stream: r.Stream, Version: version + int64(i) + 1, Type: name, Data: string(data),
			Metadata: string(codec.EncodeMetadata(metadata)), RecordedAt: at, Event: e,
		}
		if i == 0 && s.db.fault != copiesMetadata {
			metadata = eventlog.Metadata{CausationID: recorded[0].EventID, Actor: r.Metadata.Actor}
		}
	}
	if s.db.fault == altersBytes {
		for i := range recorded {
			recorded[i].Data = strings.ReplaceAll(recorded[i].Data, `":"`, `": "`)
		}
	}
	before := s.positions(len(events))
	for i := range recorded {
		recorded[i].Position = before + int64(i) + 1
	}
	return recorded, nil
}

func (s *store) eventID() string {
	if s.db.fault == randomIDs {
		return uuid.NewString()
	}
	return uuid.Must(uuid.NewV7()).String()
}
