package translog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dossier/application/eventlog"
)

const (
	// sealPage is how many events are sealed in one transaction at most.
	sealPage = 5000
	// sealInterval is the least time from one checkpoint to the next. Events are
	// sealed as rarely: what gathers meanwhile is cheaper together.
	sealInterval = time.Second
	// clockTolerance is how much the clocks of two processes may differ, so that
	// each waits for the interval after a checkpoint of the other.
	clockTolerance = time.Minute
	// pollInterval is how long a sealer trusts that a wake-up would have come.
	pollInterval = time.Second
)

// ErrForked: the stored tree does not begin with what was signed before. It is
// never signed: two checkpoints that contradict each other would prove that the
// log's history was changed, by whoever did it. After a failover that lost events,
// or a backup that was put back, the way out is another key.
var ErrForked = errors.New("the log does not begin with what was signed before")

// wayOut ends the text of ErrForked.
const wayOut = "; the key signs no second history: if a failover or an older backup explains it, replace the key (dossier log-key replace)"

// ErrAhead: the stored tree holds events that the log does not have. It is not
// signed: a checkpoint would promise them.
var ErrAhead = errors.New("the tree is ahead of the log")

// events reads the log.
type events interface {
	ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error)
}

// Memory remembers the last checkpoint that a key signed, outside of the
// database: a database that was put back to an earlier state, or written anew,
// is found out by it.
type Memory interface {
	// Remember keeps a signed checkpoint in place of the one before.
	Remember(note []byte) error
	// Last returns what was remembered; nil if nothing ever was.
	Last() ([]byte, error)
}

// Losses records what a log has lost.
type Losses interface {
	// SaveCut records it durably. The same is recorded once.
	SaveCut(ctx context.Context, c eventlog.Cut) error
}

// Meter observes the sealer.
type Meter interface {
	// ProjectionStep reports events that were sealed, and the tree's size.
	ProjectionStep(name string, events int, checkpoint int64, took time.Duration)
}

// Sealer extends the tree by what the log grows, and signs it. Any number of
// processes may run one on a database: each step is made by one of them.
type Sealer struct {
	Log    events
	Grown  eventlog.Signal
	Store  Store
	Key    *Key                // nil: the tree is extended, and not signed
	Memory Memory              // nil if there is no key
	Losses Losses              // told what the key has signed and the log lost; nil: nobody
	Sealed *eventlog.Broadcast // told after each checkpoint
	Meter  Meter
	Logger *slog.Logger
	Now    func() time.Time

	builder *Builder
	lastID  string // of the last event in it; empty if it was loaded
	told    []byte // the checkpoint that was told to be lost
}

// Run seals until ctx ends, and then returns nil. Faults are logged and
// retried.
func (s *Sealer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		grown := s.Grown.Changed() // before reading, so that no wake-up is missed
		done, err := s.Seal(ctx)
		if err != nil && ctx.Err() == nil {
			s.Logger.Error("the transparency log stands still", "error", err)
		}
		eventlog.Wait(ctx, nil, sealInterval)
		if err == nil && done == 0 {
			eventlog.Wait(ctx, grown, pollInterval)
		}
	}
	return nil
}

// Seal extends the tree to the head of the log, signs it if there is something
// new, and returns how many events it added. The errors are ErrForked and those
// of the log and the store.
func (s *Sealer) Seal(ctx context.Context) (added int, err error) {
	for {
		n, err := s.extend(ctx)
		added += n
		if err != nil {
			return added, err
		}
		if n < sealPage {
			return added, s.sign(ctx)
		}
	}
}

// extend adds one page of events. It returns how many there were, also when
// another process added them.
func (s *Sealer) extend(ctx context.Context) (int, error) {
	start := s.Now()
	size, err := s.Store.Sealed(ctx)
	if err != nil {
		return 0, err
	}
	page, err := s.Log.ReadAll(ctx, size, sealPage)
	if err != nil || len(page) == 0 {
		return 0, err
	}
	if err := s.load(ctx, size); err != nil {
		return 0, err
	}
	builder := s.builder
	s.builder = nil // until it is stored, it is ahead of what is
	for _, e := range page {
		if e.Position != builder.Size()+1 {
			return 0, fmt.Errorf("after position %d the log has %d", builder.Size(), e.Position)
		}
		builder.Add(Leaf(e))
	}
	last := page[len(page)-1].EventID
	growth := Growth{From: size, To: builder.Size(), FromID: s.lastID, ToID: last}
	moved, err := s.Store.ExtendTree(ctx, growth, builder.Take())
	if err != nil || !moved {
		return len(page), err
	}
	s.builder, s.lastID = builder, last
	s.Meter.ProjectionStep(Name, len(page), builder.Size(), s.Now().Sub(start))
	return len(page), nil
}

// load makes the builder that of the stored tree.
func (s *Sealer) load(ctx context.Context, size int64) (err error) {
	if s.builder == nil || s.builder.Size() != size {
		s.builder, err = LoadBuilder(ctx, s.Store, size)
		s.lastID = ""
	}
	return err
}
