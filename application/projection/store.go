package projection

import (
	"context"
	"errors"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// ErrSuperseded: a process with another version of the projection took it over.
// This one must not write any more.
var ErrSuperseded = errors.New("another version of the projection took over")

// Store keeps the checkpoints and the tables of the read models.
type Store interface {
	// Prepare makes the projection's tables those of a version: tables of
	// another version are emptied and their checkpoint starts at 0.
	Prepare(ctx context.Context, name, version string) error
	// Checkpoint returns the position up to which a read model was folded. A
	// projection that was never prepared stands at 0.
	Checkpoint(ctx context.Context, name string) (int64, error)
	// Step runs fn in one transaction that also moves the checkpoint from one
	// position to another, and commits if fn returns no error. It reports
	// false, and does not run fn, if the checkpoint is not at from: another
	// process was faster. It returns ErrSuperseded if the tables are of another
	// version.
	Step(ctx context.Context, s Step, fn func(context.Context, Tx) error) (bool, error)
}

// Step names one move of a checkpoint.
type Step struct {
	Name, Version string
	From, To      int64
}

// Tx reads and writes the tables of read models within a step.
type Tx interface {
	// LoadSessions returns the folded states of those streams that have one.
	LoadSessions(ctx context.Context, streams []eventlog.Stream) (map[eventlog.Stream]kyc.State, error)
	// SaveSessions inserts or replaces rows of sessions and of steps.
	SaveSessions(ctx context.Context, sessions []Session, steps []StepRow) error
	// LoadFlags returns those flags that exist, by position.
	LoadFlags(ctx context.Context, positions []int64) (map[int64]Flag, error)
	// SaveFlags inserts or replaces flags.
	SaveFlags(ctx context.Context, flags []Flag) error
}
