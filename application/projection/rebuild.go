package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dossier/application/eventlog"
)

const (
	// buildPage is how many events a step of a build folds. It is more than that
	// of a runner: a session that changes several times within it is written
	// once, and nobody waits for what it writes.
	buildPage = 10_000
	// busyPage is the same while the log grows. Where there is one writer the
	// appends wait for a page at most, and then have half as long for themselves.
	busyPage = 2500
	// swapInterval is how long a build waits before it tries again to replace
	// tables that a reader stays in. Readers get through meanwhile.
	swapInterval = 300 * time.Millisecond
)

// errBehind: the build is further behind the live tables than what may be
// folded while they stand still.
var errBehind = errors.New("the build is too far behind")

// wholeLog reads the log and its end.
type wholeLog interface {
	pages
	Head(ctx context.Context) (int64, error)
}

// BuildStore keeps the read models, and those of their builds.
type BuildStore interface {
	Store
	Builds
}

// Rebuild builds a read model anew, beside the live one, and puts it into its
// place. Several processes may run the same build: each step is taken by one of
// them. One that was stopped is gone on with.
type Rebuild struct {
	// Projection folds what is built. It is not that of a runner, for what a
	// projection remembers is of one place.
	Projection Projection
	Log        wholeLog
	Store      BuildStore
	Advanced   *eventlog.Broadcast // told after the swap
	// Progress is told after each step how far the build is, and how far the
	// log. Nil is told nothing.
	Progress func(done, head int64)
	Logger   *slog.Logger
}

// Begin begins the build of a version that the live tables have, or goes on
// with one that was begun. It returns ErrSuperseded if they are of another.
func (b *Rebuild) Begin(ctx context.Context) error {
	return b.Store.Begin(ctx, b.Projection.Name(), b.Projection.Version())
}

// Run brings a build that was begun to its end and returns how many events it
// folded itself. It returns ErrSuperseded if a build of another version took its
// place, and the error of ctx when that ends. After any error the build stays
// where it is, to be gone on with.
func (b *Rebuild) Run(ctx context.Context) (folded int64, err error) {
	for {
		n, err := b.catchUp(ctx)
		folded += n
		if err == nil {
			err = b.finish(ctx)
		}
		switch {
		case err == nil:
			b.Advanced.Notify()
			return folded, nil
		case errors.Is(err, ErrNoBuild): // another process was faster
			return folded, nil
		case errors.Is(err, ErrInUse):
			b.Logger.Debug("a build waits to take its place", "projection", b.Projection.Name(), "error", err)
			eventlog.Wait(ctx, nil, swapInterval)
		case !errors.Is(err, errBehind):
			return folded, fmt.Errorf("build %s: %w", b.Projection.Name(), err)
		}
		if err := ctx.Err(); err != nil {
			return folded, err
		}
	}
}

// catchUp folds the log until its end is near.
func (b *Rebuild) catchUp(ctx context.Context) (folded int64, err error) {
	name := Beside(b.Projection.Name())
	from, err := b.Store.Checkpoint(ctx, name)
	if err != nil {
		return 0, err
	}
	head, err := b.Log.Head(ctx)
	if err != nil {
		return 0, err
	}
	limit := buildPage
	ahead := readAhead(ctx, b.Log, from, limit)
	defer func() { ahead.stop() }()
	for {
		events, full, err := ahead.page()
		if err != nil || len(events) == 0 {
			return folded, err
		}
		to := events[len(events)-1].Position
		if full {
			ahead.read(to, limit)
		}
		start := time.Now()
		moved, err := b.step(ctx, from, events)
		if err != nil {
			return folded, err
		}
		if moved {
			folded += int64(len(events))
		}
		grown, err := b.report(ctx, to, &head)
		if err != nil || !full {
			return folded, err
		}
		if limit = buildPage; grown {
			limit = busyPage
			eventlog.Wait(ctx, nil, time.Since(start)/2)
		}
		if from = to; moved {
			continue
		}
		// Another process has folded the page, and maybe more.
		if from, err = b.Store.Checkpoint(ctx, name); err != nil {
			return folded, err
		}
		ahead.stop()
		ahead = readAhead(ctx, b.Log, from, limit)
	}
}

func (b *Rebuild) step(ctx context.Context, from int64, events []eventlog.Recorded) (bool, error) {
	step := Step{
		Name: Beside(b.Projection.Name()), Version: b.Projection.Version(),
		From: from, To: events[len(events)-1].Position, LastID: events[len(events)-1].EventID,
	}
	return b.Store.Step(ctx, step, func(ctx context.Context, tx Tx) error {
		return b.Projection.Fold(ctx, tx, events)
	})
}

// report tells how far the build is, and says whether the log has grown beyond
// the head that was known.
func (b *Rebuild) report(ctx context.Context, done int64, head *int64) (grown bool, err error) {
	known := *head
	if *head, err = b.Log.Head(ctx); err != nil {
		return false, err
	}
	if b.Progress != nil {
		b.Progress(done, *head)
	}
	return *head > known, nil
}

// finish completes the tables and puts them into the place of the live ones.
// What came meanwhile is folded before, and the rest of it within the swap.
func (b *Rebuild) finish(ctx context.Context) error {
	name, version := b.Projection.Name(), b.Projection.Version()
	if err := b.Store.Complete(ctx, name, version); err != nil {
		return err
	}
	if _, err := b.catchUp(ctx); err != nil {
		return err
	}
	return b.Store.Swap(ctx, name, version, b.foldRest)
}

func (b *Rebuild) foldRest(ctx context.Context, tx Tx, from, to int64) error {
	if to-from > pageSize {
		return errBehind
	}
	events, err := b.Log.ReadAll(ctx, from, int(to-from))
	if err != nil {
		return err
	}
	if n := int64(len(events)); n != to-from {
		return fmt.Errorf("the log has %d events after %d, the read model stands at %d", n, from, to)
	}
	return b.Projection.Fold(ctx, tx, events)
}
