package projection

import (
	"context"
	"errors"
	"strings"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// ErrSuperseded: a process with another version of the projection took it over.
// This one must not write any more.
var ErrSuperseded = errors.New("another version of the projection took over")

// ErrAhead: the read model has folded events that the log does not have, as when a
// part of a database was restored. Nothing is told from it. [Store.Prepare] begins
// to build it anew.
var ErrAhead = errors.New("the read model has folded events that the log does not have: " +
	"a running server builds it anew by itself, and so does `dossier rebuild`")

// Errors of a build.
var (
	// ErrNoBuild: there is no build, and the live tables have its version:
	// another process has brought it to its end.
	ErrNoBuild = errors.New("the build has ended")
	// ErrInUse: a reader stays in the live tables, or another process completes
	// the same build. Nothing has changed: try again.
	ErrInUse = errors.New("the tables of the read model are in use")
)

// Store keeps the checkpoints and the tables of the read models.
type Store interface {
	// Prepare makes a version of the projection the one that counts. Tables that
	// hold nothing yet become of that version. If they are of another one, a
	// build of the version begins beside them, or goes on; until it ends, both
	// versions may step in the live tables. A build of any other version is
	// dropped. Tables that have folded events which the log does not have are built
	// anew as well.
	Prepare(ctx context.Context, name, version string) error
	// Checkpoint returns the position up to which a read model was folded; that
	// of its build is under the name that [Beside] returns. What was never
	// prepared stands at 0. It returns ErrAhead for one that is beyond the head.
	Checkpoint(ctx context.Context, name string) (int64, error)
	// Step runs fn in one transaction that also moves the checkpoint from one
	// position to another, and commits if fn returns no error. It reports
	// false, and does not run fn, if the checkpoint is not at from: another
	// process was faster. It returns ErrSuperseded if the tables are of another
	// version. A step under the name that [Beside] returns is one of a build, in
	// the tables beside the live ones; it may return ErrNoBuild as well.
	Step(ctx context.Context, s Step, fn func(context.Context, Tx) error) (bool, error)
}

// Builds make the tables of read models anew, beside the live ones. What names
// a version of a build returns ErrSuperseded if there is one of another version.
type Builds interface {
	// Begin begins a build of the version that the live tables have, or goes on
	// with one. Tables that hold nothing yet become of that version; if they are
	// of another, it returns ErrSuperseded.
	Begin(ctx context.Context, name, version string) error
	// Building says whether there is a build of a version.
	Building(ctx context.Context, name, version string) (bool, error)
	// Complete makes what the tables of a build need before they are read, such
	// as indexes. It returns ErrNoBuild or ErrInUse.
	Complete(ctx context.Context, name, version string) error
	// Swap puts the tables of a build into the place of the live ones, in one
	// transaction during which no step is taken. If they are behind, it first
	// has fold fold what is missing, which is after from and up to to; its errors
	// are returned. The checkpoint never goes back, but for one that was beyond the
	// head. It returns ErrNoBuild or
	// ErrInUse.
	Swap(ctx context.Context, name, version string, fold func(ctx context.Context, tx Tx, from, to int64) error) error
}

// besideSuffix is no part of the name of any read model.
const besideSuffix = "+next"

// Beside returns the name under which the build of a read model keeps its
// checkpoint.
func Beside(name string) string { return name + besideSuffix }

// Model returns the name of the read model that a checkpoint belongs to, and
// whether it is that of its build.
func Model(name string) (model string, build bool) { return strings.CutSuffix(name, besideSuffix) }

// Step names one move of a checkpoint.
type Step struct {
	Name, Version string
	From, To      int64
	// LastID is the id of the event at To, as it was read. If the database that is
	// written to has another one, the step is refused with
	// [eventlog.ErrOtherHistory]. Empty: it is not looked at.
	LastID string
}

// Tx reads and writes the tables of read models within a step.
type Tx interface {
	// Before returns the id of the event that the step begins behind, as the
	// database has it; empty if there is none, or if it is not known.
	Before() string
	// Build returns the number of the build that made the tables; 0 before the
	// first. Each has another one, so that nothing remembered of one is taken
	// for the other's.
	Build() int64
	// LoadSessions returns the folded states of those streams that have one.
	LoadSessions(ctx context.Context, streams []eventlog.Stream) (map[eventlog.Stream]kyc.State, error)
	// SaveSessions inserts or replaces rows of sessions and of steps.
	SaveSessions(ctx context.Context, sessions []Session, steps []StepRow) error
	// LoadFlags returns those flags that exist, by position.
	LoadFlags(ctx context.Context, positions []int64) (map[int64]Flag, error)
	// SaveFlags inserts or replaces flags.
	SaveFlags(ctx context.Context, flags []Flag) error
	StatRows
}
