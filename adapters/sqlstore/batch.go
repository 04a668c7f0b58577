package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// batch is one group commit while it is being made.
type batch struct {
	appends []*pending
	answers []answer
	head    logHead
	loaded  int64                   // the head before the batch
	headID  string                  // the event at it
	now     time.Time               // what the clock says
	certain int64                   // up to where events are surely where they must be, as Dialect.Head says
	heads   map[string]*kyc.Session // by stream key, with the batch's events
	known   map[deliveryKey][]delivered
	// touched are the stream keys with new events, in order.
	touched   []string
	isTouched map[string]bool

	events     []*eventlog.Recorded
	deliveries []newDelivery
}

// logHead is where the log stands.
type logHead struct {
	position int64
	at       time.Time // of the last event
}

// writeBatch writes a batch and leaves the answers of its appends. When the
// database refuses the values of one, the others must not suffer: each is then
// written by itself.
func (s *Store) writeBatch(appends []*pending) {
	if appends = awaited(appends); len(appends) == 0 {
		return
	}
	if missing := s.Replicated(); missing != nil {
		s.refuse(appends, missing)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	began := time.Now()
	answers, err := s.tryBatch(ctx, appends)
	// A connection that was lost before fails at once. After a long wait the second
	// error would hide what the first has waited for.
	if s.retryable(err) && ctx.Err() == nil && time.Since(began) < lockPatience {
		answers, err = s.tryBatch(ctx, appends)
	}
	s.answer() // those of the batch before, if this one did not come to be written
	s.takeNote(answers, err)
	switch {
	case err == nil:
		for i, p := range appends {
			s.unanswered = append(s.unanswered, unanswered{p.done, answers[i]})
		}
	case len(appends) > 1 && s.dialect.Classify(err) == BadData:
		for _, p := range appends {
			s.writeBatch([]*pending{p})
		}
	default:
		s.logger.Error("append", "appends", len(appends), "error", err)
		s.fail(appends, s.appendError(err))
	}
}

// refuse answers appends while a standby is missing that must have them: each
// would wait for it, and the callers behind it. Whether it is back is asked all
// the time.
func (s *Store) refuse(appends []*pending, missing error) {
	s.answer() // those of the batch before
	s.logger.Error("append refused", "appends", len(appends), "error", missing)
	s.fail(appends, missing)
}

// fail leaves an error as the answer of appends.
func (s *Store) fail(appends []*pending, err error) {
	if errors.Is(err, eventlog.ErrNotReplicated) {
		s.replication.Unreplicated(len(appends))
	}
	for _, p := range appends {
		s.unanswered = append(s.unanswered, unanswered{p.done, answer{err: err}})
	}
}

// takeNote lets the store's readiness know of a batch that was written, or that
// failed for another reason than its values.
func (s *Store) takeNote(answers []answer, err error) {
	wrote := slices.ContainsFunc(answers, func(a answer) bool { return a.receipt.Position > 0 && !a.receipt.Duplicate })
	if wrote || err != nil && s.dialect.Classify(err) != BadData {
		s.readiness.appended(err != nil, time.Now())
	}
}

// awaited leaves out the appends that nobody waits for any more, so that those
// whose callers gave up do not keep a database busy that is slow already.
func awaited(appends []*pending) []*pending {
	return slices.DeleteFunc(appends, func(p *pending) bool { return p.ctx.Err() != nil })
}

// errCommit marks an error after which the batch may be committed or not.
var errCommit = errors.New("commit")

// retryable says that nothing was written and that another connection may do.
func (s *Store) retryable(err error) bool {
	return err != nil && !errors.Is(err, errCommit) && s.dialect.Classify(err) == Unavailable
}

// appendError returns the error of the contract for one of the database.
func (s *Store) appendError(err error) error {
	switch {
	case errors.Is(err, eventlog.ErrNotReplicated):
		return err
	case s.dialect.Classify(err) == Unreplicated:
		return notReplicated(err)
	case errors.Is(err, errCommit):
		return fmt.Errorf("%w: %w", eventlog.ErrOutcomeUnknown, err)
	case s.dialect.Classify(err) == BadData:
		return fmt.Errorf("%w: %w", eventlog.ErrUnstorable, err)
	default:
		return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
}

// tryBatch writes a batch in one transaction, under the log's lock. On an error
// nothing was written, unless it is an errCommit.
func (s *Store) tryBatch(ctx context.Context, appends []*pending) (answers []answer, err error) {
	if err := s.writing.acquire(ctx); err != nil {
		return nil, fmt.Errorf("wait for another writer of this process: %w", err)
	}
	defer s.writing.release()
	defer func() {
		if err != nil {
			s.dropWriter() // and with it the lock, and what was not committed
		}
		if s.dialect.Classify(err) == Unavailable {
			s.forgetRead()
		}
	}()
	start := time.Now()
	w, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.lockLog(ctx, w); err != nil {
		return nil, err
	}
	b, err := s.load(ctx, w, appends)
	if err != nil {
		return nil, err
	}
	s.decideAll(b)
	if len(b.events) == 0 {
		if err := w.unlock(ctx); err != nil {
			return nil, wrap("unlock the log", err)
		}
		return b.answers, s.answerable(ctx, b)
	}
	if s.probe.BeforeCommit != nil {
		s.probe.BeforeCommit()
	}
	if err := s.intact(); err != nil {
		return nil, err
	}
	s.answer() // those of the batch before
	writing := time.Now()
	s.confirmed.writing.Store(true)
	defer s.confirmed.writing.Store(false)
	if err := s.write(ctx, w, b); err != nil {
		if s.dialect.Classify(err) == Unreplicated {
			s.unconfirmed(b.head.position, err)
		}
		return nil, err
	}
	s.committed(b, start, writing)
	return b.answers, nil
}

// answerable returns ErrNotReplicated if the answers of a batch that wrote
// nothing, such as that a delivery was stored before, rest on events that a
// failover may lose.
func (s *Store) answerable(ctx context.Context, b *batch) error {
	if s.confirm(ctx, b.loaded) {
		return nil
	}
	return fmt.Errorf("an answer that rests on unconfirmed events: %w", eventlog.ErrNotReplicated)
}

// write makes the batch durable.
func (s *Store) write(ctx context.Context, w *writer, b *batch) error {
	if b.certain < b.loaded { // it waits for a standby
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, confirmWait)
		defer cancel()
	}
	err := w.publisher.Publish(eventlog.Topic, b.messages(ctx)...)
	if err == nil {
		err = w.commit(ctx)
	} else if s.dialect.Commit != "" {
		return fmt.Errorf("publish: %w", err) // and nothing was committed
	}
	if err != nil && !s.dialect.Refused(err) {
		return fmt.Errorf("%w: %w", errCommit, err)
	}
	return wrap("publish", err)
}

// decideAll runs the decisions in the order in which they arrived.
func (s *Store) decideAll(b *batch) {
	b.now = s.now().UTC().Truncate(time.Microsecond)
	s.checkClock(b.head.at.Sub(b.now))
	b.head.at = later(b.head.at, b.now)
	b.answers = make([]answer, len(b.appends))
	for i, p := range b.appends {
		b.answers[i] = b.decide(p)
	}
}

// later keeps times from running backwards when a clock does.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// eventColumns are the columns of the table of events.
func (b *batch) eventColumns() []Column {
	n := len(b.events)
	positions, versions, times := make(Ints, n), make(Ints, n), make(Ints, n)
	ids, streams, types := make(UUIDs, n), make(Texts, n), make(Texts, n)
	data, metadata := make(Texts, n), make(Texts, n)
	for i, e := range b.events {
		positions[i], versions[i], times[i] = e.Position, e.Version, codec.Micros(e.RecordedAt)
		ids[i], streams[i], types[i] = e.EventID, e.Stream.Key(), e.Type
		data[i], metadata[i] = e.Data, e.Metadata
	}
	return []Column{positions, ids, streams, versions, types, data, metadata, times}
}

// headColumns are the columns of the table of heads.
func (b *batch) headColumns() []Column {
	n := len(b.touched)
	keys, versions, states := make(Texts, n), make(Ints, n), make(Texts, n)
	for i, key := range b.touched {
		keys[i], versions[i] = key, b.heads[key].Version()
		states[i] = string(codec.EncodeState(b.heads[key].State()))
	}
	return []Column{keys, versions, states}
}

// committed makes a batch known: to the next one, to readers and to other
// processes.
func (s *Store) committed(b *batch, start, writing time.Time) {
	s.heads.keep(b.head, b.heads)
	last := b.events[len(b.events)-1]
	s.history.learn(mark{last.Position, last.EventID})
	s.appended(b.head.position)
	s.tail.add(b.events)
	s.wake()
	s.meter.Batch(len(b.appends), len(b.events), time.Since(start), time.Since(writing))
}

// wake tells the readers of this process and of others to look again.
func (s *Store) wake() {
	s.grown.Notify()
	select {
	case s.announce <- struct{}{}:
	default: // an announcement is due already
	}
}

func wrap(attempted string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", attempted, err)
	}
	return nil
}
