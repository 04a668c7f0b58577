package reconcile

import (
	"context"
	"errors"

	"dossier/application/command"
	"dossier/application/eventlog"
)

// Cause is why a session was reconciled.
type Cause struct{ name string }

// The causes.
var (
	Demand = Cause{"demand"} // someone asked for it
	Follow = Cause{"follow"} // something in the log was doubtful
	Swept  = Cause{"sweep"}  // it was not settled for long
)

// String returns the name, empty for the zero value.
func (c Cause) String() string { return c.name }

// Outcome is what became of an attempt.
type Outcome struct{ name string }

// The outcomes.
var (
	Same      = Outcome{"same"}      // the provider has it as we do
	Different = Outcome{"different"} // something changed, or a flag was settled
	Unknown   = Outcome{"unknown"}   // the provider knows no such session
	Deferred  = Outcome{"deferred"}  // it contradicts what was told a moment ago: it is recorded, and asked again
	Failed    = Outcome{"failed"}    // nothing was recorded; it may be tried again
	GivenUp   = Outcome{"given_up"}  // it failed for the last time, the sweep has to do it
)

// String returns the name, empty for the zero value.
func (o Outcome) String() string { return o.name }

// Meter observes reconciliations. It must be safe for concurrent use.
type Meter interface {
	// Reconciled reports an attempt, the changes that it recorded and the flags
	// that it resolved.
	Reconciled(c Cause, o Outcome, differences, settled int)
}

// Sessions reconciles sessions: [command.ReconcileSession].
type Sessions interface {
	// Handle records what the provider shows of a session. Actor is who asked for
	// it.
	Handle(ctx context.Context, stream eventlog.Stream, actor string) (command.Reconciled, error)
}

// Metered is Sessions that a meter observes.
type Metered struct {
	Sessions Sessions
	Cause    Cause
	Meter    Meter
}

// Handle implements [Sessions].
func (m Metered) Handle(ctx context.Context, stream eventlog.Stream, actor string) (command.Reconciled, error) {
	done, err := m.Sessions.Handle(ctx, stream, actor)
	if !errors.Is(err, context.Canceled) { // who asked has left
		m.Meter.Reconciled(m.Cause, outcome(done, err), done.Differences, done.Settled)
	}
	return done, err
}

func outcome(done command.Reconciled, err error) Outcome {
	switch {
	case err != nil:
		return Failed
	case done.Contradicts != 0:
		return Deferred
	case done.Unknown:
		return Unknown
	case done.Differences+done.Settled > 0:
		return Different
	default:
		return Same
	}
}
