package projection

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// FlagsName is the name of the read model of flags.
const FlagsName = "flags"

// flagsVersion is raised when the table's content is made in another way.
const flagsVersion = "1"

// FlagState says whether a flag is open, and how it was closed.
type FlagState struct{ name string }

// The states of a flag.
var (
	FlagOpen       = FlagState{"open"}
	FlagAccepted   = FlagState{"accepted"}   // a person applied the held status
	FlagDismissed  = FlagState{"dismissed"}  // a person left the status
	FlagHealed     = FlagState{"healed"}     // the late PENDING_VERIFICATION arrived
	FlagSuperseded = FlagState{"superseded"} // a newer held status was healed
	FlagReconciled = FlagState{"reconciled"} // the provider's API showed what is true
)

// FlagStates returns every state of a flag.
func FlagStates() []FlagState {
	return []FlagState{FlagOpen, FlagAccepted, FlagDismissed, FlagHealed, FlagSuperseded, FlagReconciled}
}

// ParseFlagState reads a state by its name; ok is false for any other text.
func ParseFlagState(name string) (s FlagState, ok bool) {
	for _, s := range FlagStates() {
		if s.name == name {
			return s, true
		}
	}
	return FlagState{}, false
}

// String returns the name, empty for the zero value.
func (s FlagState) String() string { return s.name }

// FlagStateOf returns how a flag stands after its resolution.
func FlagStateOf(r kyc.Resolution) FlagState {
	switch r {
	case kyc.ResolvedAccept:
		return FlagAccepted
	case kyc.ResolvedDismiss:
		return FlagDismissed
	case kyc.ResolvedHealed:
		return FlagHealed
	case kyc.ResolvedReconciled:
		return FlagReconciled
	default:
		return FlagSuperseded
	}
}

// Flag is one row of the flags, identified by its position in the log.
type Flag struct {
	Position   int64
	Stream     eventlog.Stream
	StepID     kyc.StepID
	Service    kyc.Service
	Violation  kyc.Violation
	Severity   kyc.Severity
	From       kyc.Status // the zero value but for a transition
	Attempted  string     // the status as reported; empty for a contract violation
	Reason     string
	State      FlagState
	FlaggedAt  time.Time
	ResolvedAt time.Time // zero while open
	ResolvedBy string
	Note       string
}

// Flags projects the log onto flags.
type Flags struct{}

// Name implements [Projection].
func (Flags) Name() string { return FlagsName }

// Version implements [Projection].
func (Flags) Version() string { return flagsVersion }

// Fold implements [Projection].
func (Flags) Fold(ctx context.Context, tx Tx, events []eventlog.Recorded) error {
	touched := map[int64]Flag{}
	var resolved []eventlog.Recorded
	for _, e := range events {
		switch event := e.Event.(type) {
		case kyc.TransitionFlagged:
			touched[e.Position] = flagOfTransition(e, event)
		case kyc.ContractViolated:
			touched[e.Position] = flagOfViolation(e, event)
		case kyc.WebhookDiscarded:
			if event.Violation != (kyc.Violation{}) {
				touched[e.Position] = flagOfDiscard(e, event)
			}
		case kyc.FlagResolved:
			resolved = append(resolved, e)
		}
	}
	if err := loadMissing(ctx, tx, touched, resolved); err != nil {
		return err
	}
	for _, e := range resolved {
		event := e.Event.(kyc.FlagResolved)
		flag := touched[event.Flag]
		flag.resolve(e, event)
		touched[event.Flag] = flag
	}
	if len(touched) == 0 {
		return nil
	}
	rows := slices.SortedFunc(maps.Values(touched), func(a, b Flag) int { return int(a.Position - b.Position) })
	if err := tx.SaveFlags(ctx, rows); err != nil {
		return fmt.Errorf("save flags: %w", err)
	}
	return nil
}

// loadMissing adds the flags that are resolved in this page but were raised in
// an earlier one.
func loadMissing(ctx context.Context, tx Tx, touched map[int64]Flag, resolved []eventlog.Recorded) error {
	var missing []int64
	for _, e := range resolved {
		if flag := e.Event.(kyc.FlagResolved).Flag; touched[flag].Position == 0 {
			missing = append(missing, flag)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	loaded, err := tx.LoadFlags(ctx, missing)
	if err != nil {
		return fmt.Errorf("load flags: %w", err)
	}
	for _, position := range missing {
		flag, ok := loaded[position]
		if !ok {
			return fmt.Errorf("the log resolves a flag at position %d that the read model does not have", position)
		}
		touched[position] = flag
	}
	return nil
}

func flagOfTransition(e eventlog.Recorded, event kyc.TransitionFlagged) Flag {
	attempted := event.Attempted.String()
	if !event.Attempted.Known() {
		attempted = event.Status
	}
	return Flag{
		Position: e.Position, Stream: e.Stream, StepID: event.StepID, Service: event.Service,
		Violation: event.Violation, Severity: event.Severity, From: event.From, Attempted: attempted,
		Reason: event.Reason, State: FlagOpen, FlaggedAt: e.Clock(),
	}
}

func flagOfViolation(e eventlog.Recorded, event kyc.ContractViolated) Flag {
	return Flag{
		Position: e.Position, Stream: e.Stream, StepID: event.StepID, Service: event.Service,
		Violation: event.Violation, Severity: event.Severity, State: FlagOpen, FlaggedAt: e.Clock(),
	}
}

func flagOfDiscard(e eventlog.Recorded, event kyc.WebhookDiscarded) Flag {
	return Flag{
		Position: e.Position, Stream: e.Stream, StepID: event.StepID, Service: event.Service,
		Violation: event.Violation, Severity: event.Severity, Attempted: event.Status, Reason: event.Reason,
		State: FlagOpen, FlaggedAt: e.Clock(),
	}
}
