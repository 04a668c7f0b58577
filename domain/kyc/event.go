package kyc

import "time"

// Event is one fact of a session's history: [StatusChanged], [SessionReset],
// [StatusRepeated], [TransitionFlagged], [WebhookDiscarded],
// [ContractViolated], [FlagResolved], [SnapshotObserved] or [DetailsAccessed].
type Event interface{ isEvent() }

// Cause says why a status changed.
type Cause struct{ name string }

// The causes of a change.
var (
	CauseReported = Cause{"reported"} // the machine allowed what the provider reported
	CauseHealed   = Cause{"healed"}   // a held status, after its late PENDING_VERIFICATION
	CauseOverride = Cause{"override"} // a held status, accepted by a person
	// CauseReconciled: the provider's API showed it, and no webhook had told.
	CauseReconciled = Cause{"reconciled"}
)

// Causes returns every cause.
func Causes() []Cause { return []Cause{CauseReported, CauseHealed, CauseOverride, CauseReconciled} }

// ParseCause reads a cause by its name; ok is false for any other text.
func ParseCause(name string) (c Cause, ok bool) { return parse(name, Causes()) }

// String returns the name, empty for the zero value.
func (c Cause) String() string { return c.name }

// StatusChanged: a track moved, or took another document (from and to are then
// both PENDING_VERIFICATION), or a single step was reset.
type StatusChanged struct {
	StepID      StepID
	Service     Service
	Trigger     Trigger
	From, To    Status
	Reason      string
	Cause       Cause
	Flag        int64 // the flag whose held status this applies; 0 if reported
	CompanyForm bool
}

// SessionReset: an administrator reset the whole session.
type SessionReset struct {
	Cycle   int // the cycle that starts
	Service Service
	Reason  string
	Cause   Cause
	Flag    int64 // as in StatusChanged
}

// StatusRepeated: a report that told nothing new.
type StatusRepeated struct {
	StepID      StepID
	Service     Service
	Trigger     Trigger
	Status      Status // which the track has, before and after
	Reason      string
	CompanyForm bool
}

// TransitionFlagged: a report that the machine forbids, held until it is
// healed or a person decides. The status did not change.
type TransitionFlagged struct {
	StepID      StepID
	Service     Service
	Violation   Violation
	Severity    Severity
	From        Status
	Attempted   Trigger // the zero value if the status is none that we know
	Status      string  // the status as it came, if Attempted is the zero value
	Reason      string
	CompanyForm bool
}

// WebhookDiscarded: a report with a status that we do not know. It changes
// nothing, and is flagged.
type WebhookDiscarded struct {
	StepID    StepID
	Service   Service
	Status    string // as it came
	Reason    string
	Violation Violation // [UnknownStatus]; the zero value: it is no flag
	Severity  Severity
}

// ContractViolated: a report was applied, but broke the provider's own
// contract.
type ContractViolated struct {
	StepID    StepID
	Service   Service // as reported
	Violation Violation
	Severity  Severity
	Expected  string // what the contract made us expect; empty if nothing nameable
}

// FlagResolved: a flag was closed.
type FlagResolved struct {
	StepID     StepID
	Flag       int64 // the position of the flag
	Resolution Resolution
	By         string // who decided
	Note       string // why; empty unless a person decided
}

// SnapshotObserved: what the provider's API showed of a session. What differed
// from what we knew follows it, as changes with [CauseReconciled].
type SnapshotObserved struct {
	Unknown bool   // the provider knows no such session; the rest is empty
	Company bool   // it is a session of a company
	Status  string // of the session, as it came
	Steps   []ObservedStep
	// Contradicts is the position of the newest event that the snapshot contradicts
	// although the provider's API may only lag behind: then nothing follows from it.
	// 0: it was applied.
	Contradicts int64
	// AskedAt is when the provider was asked, by the clock of who asked, and
	// AskAgain when it is to be asked again. Both are zero for an answer that settles
	// what it shows.
	AskedAt, AskAgain time.Time
}

// Applied says that what the snapshot shows counts.
func (s SnapshotObserved) Applied() bool { return s.Contradicts == 0 }

// ObservedStep is one step of a snapshot.
type ObservedStep struct {
	StepID  StepID // empty for a company's, at times
	Service Service
	Status  string // as it came
}

// DetailsAccessed: a person was let look at what the provider keeps of a step.
// It is recorded before they are.
type DetailsAccessed struct {
	StepID  StepID
	By      string // who
	Purpose string // why
}

// RaisesFlag says that an event is a flag, which its position names.
func RaisesFlag(event Event) bool {
	switch e := event.(type) {
	case TransitionFlagged, ContractViolated:
		return true
	case WebhookDiscarded:
		return e.Violation != Violation{}
	default:
		return false
	}
}

func (StatusChanged) isEvent()     {}
func (SessionReset) isEvent()      {}
func (StatusRepeated) isEvent()    {}
func (TransitionFlagged) isEvent() {}
func (WebhookDiscarded) isEvent()  {}
func (ContractViolated) isEvent()  {}
func (FlagResolved) isEvent()      {}
func (SnapshotObserved) isEvent()  {}
func (DetailsAccessed) isEvent()   {}
