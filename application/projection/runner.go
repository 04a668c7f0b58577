package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"dossier/application/eventlog"
)

const (
	// pageSize is how many events a step folds at most: enough that the cost of
	// a transaction vanishes, and little enough that a page is small in memory.
	pageSize = 5000
	// restFactor and maxRest are how long a runner rests after a step that was
	// not full: so many times as long as the step took. While it keeps up it
	// leaves the machine to the appends, and what gathers meanwhile is written
	// at once: a session that changes several times is written once.
	restFactor = 8
	maxRest    = 500 * time.Millisecond
	// pollInterval is how long a runner trusts that a wake-up would have come.
	pollInterval = time.Second
	// retryInterval is how long a runner waits after a fault.
	retryInterval = time.Second
)

// Projection is one read model.
type Projection interface {
	// Name identifies the read model and its checkpoint.
	Name() string
	// Version changes whenever the same events would make other rows.
	Version() string
	// Fold writes what a page of events changes. Events come in position order,
	// each exactly once.
	Fold(ctx context.Context, tx Tx, events []eventlog.Recorded) error
}

// pages reads the log.
type pages interface {
	ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error)
}

// Meter observes the steps of projections.
type Meter interface {
	// ProjectionStep reports a step: events folded, and the checkpoint after it.
	ProjectionStep(name string, events int, checkpoint int64, took time.Duration)
}

// Runner keeps one read model up to date, and builds it anew when its version
// has changed.
type Runner struct {
	Projection Projection
	Log        pages
	Grown      eventlog.Signal // the log grew
	Store      Store
	Advanced   *eventlog.Broadcast // told after each step
	Meter      Meter
	Logger     *slog.Logger
	Rebuild    *Rebuild // of the same read model; nil if it is never built anew

	building sync.Mutex // one build at a time: its projection remembers one place
}

// Prepare makes the projection's version the one that counts. It comes before
// Run.
func (r *Runner) Prepare(ctx context.Context) error {
	return r.Store.Prepare(ctx, r.Projection.Name(), r.Projection.Version())
}

// Run projects until ctx ends, and then returns nil. Faults are logged and
// retried: a read model that stands still is visible in its lag. It returns an
// error only if this process must not project any more. A build that is under
// way is brought to its end meanwhile: until then the live tables go on, and what
// changes in them follows the projection's version.
func (r *Runner) Run(ctx context.Context) error {
	building, stop := context.WithCancel(ctx)
	var build sync.WaitGroup
	build.Go(func() { r.build(building) })
	defer build.Wait()
	defer stop()
	return r.follow(ctx)
}

func (r *Runner) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		grown := r.Grown.Changed() // before reading, so that no wake-up is missed
		start := time.Now()
		folded, err := r.step(ctx)
		switch {
		case errors.Is(err, ErrSuperseded):
			return fmt.Errorf("projection %s: %w", r.Projection.Name(), err)
		case errors.Is(err, ErrAhead) && r.Rebuild != nil:
			r.Logger.Error("a read model has folded events that the log does not have, and is built anew", "projection", r.Projection.Name())
			r.heal(ctx)
		case err != nil && ctx.Err() == nil:
			r.Logger.Error("projection stands still", "projection", r.Projection.Name(), "error", err)
			eventlog.Wait(ctx, nil, retryInterval)
		case folded == 0:
			eventlog.Wait(ctx, grown, pollInterval)
		case folded < pageSize:
			eventlog.Wait(ctx, nil, min(restFactor*time.Since(start), maxRest))
		}
	}
	return nil
}

// heal builds a read model anew that is ahead of the log.
func (r *Runner) heal(ctx context.Context) {
	if err := r.Prepare(ctx); err != nil && ctx.Err() == nil {
		r.Logger.Error("a build can't begin", "projection", r.Projection.Name(), "error", err)
		eventlog.Wait(ctx, nil, retryInterval)
		return
	}
	r.build(ctx)
}

// build brings the build of this version to its end, if there is one.
func (r *Runner) build(ctx context.Context) {
	r.building.Lock()
	defer r.building.Unlock()
	for r.Rebuild != nil && ctx.Err() == nil {
		err := r.tryBuild(ctx)
		switch {
		case err == nil:
			return
		case errors.Is(err, ErrSuperseded):
			r.Logger.Warn("a build was given up", "projection", r.Projection.Name(), "error", err)
			return
		case ctx.Err() == nil:
			r.Logger.Error("a build stands still", "projection", r.Projection.Name(), "error", err)
			eventlog.Wait(ctx, nil, retryInterval)
		}
	}
}

func (r *Runner) tryBuild(ctx context.Context) error {
	name, version := r.Projection.Name(), r.Projection.Version()
	building, err := r.Rebuild.Store.Building(ctx, name, version)
	if err != nil || !building {
		return err
	}
	start := time.Now()
	r.Logger.Info("a read model is built anew, the live one answers meanwhile", "projection", name, "version", version)
	folded, err := r.Rebuild.Run(ctx)
	if err == nil {
		r.Logger.Info("a read model was built anew", "projection", name, "version", version,
			"events", folded, "took", time.Since(start))
	}
	return err
}

// step folds one page and returns how many events it holds; 0 at the head.
// If another process folded them first, that counts as well.
func (r *Runner) step(ctx context.Context) (folded int, err error) {
	start := time.Now()
	name := r.Projection.Name()
	from, err := r.Store.Checkpoint(ctx, name)
	if err != nil {
		return 0, err
	}
	// Read before the transaction: its lock must not be held while reading.
	events, err := r.Log.ReadAll(ctx, from, pageSize)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	last := events[len(events)-1]
	to := last.Position
	step := Step{Name: name, Version: r.Projection.Version(), From: from, To: to, LastID: last.EventID}
	done, err := r.Store.Step(ctx, step, func(ctx context.Context, tx Tx) error {
		return r.Projection.Fold(ctx, tx, events)
	})
	if err != nil {
		return 0, err
	}
	if done {
		r.Meter.ProjectionStep(name, len(events), to, time.Since(start))
		r.Advanced.Notify()
	}
	return len(events), nil
}
