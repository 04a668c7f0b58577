package replay

import (
	"fmt"
	"maps"
	"slices"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// Totals are what a range of the log holds.
type Totals struct {
	From, To int64 // positions, inclusive
	Events   int64
	Types    map[string]int64 // events by their stored type
	// Outcomes counts what the webhooks became. Duplicates are none: they left
	// nothing in the log.
	Outcomes map[kyc.Outcome]int64
	// Healed and Overridden count the held statuses that were applied after all.
	Healed, Overridden int64
	// Reconciled counts the changes that only the provider's API told of.
	Reconciled int64
	// Flags counts the flags that were raised in the range, by how they stand at
	// its end.
	Flags map[FlagKind]map[projection.FlagState]int64
	// Sessions are those with an event in the range, as they stand at its end.
	Sessions int64
	Statuses map[kyc.Overall]int64
	Kinds    map[kyc.Kind]int64
}

// FlagKind is what is told of a flag when it is raised.
type FlagKind struct {
	Violation kyc.Violation
	Severity  kyc.Severity
}

func newTotals() Totals {
	return Totals{
		Types: map[string]int64{}, Outcomes: map[kyc.Outcome]int64{},
		Flags:    map[FlagKind]map[projection.FlagState]int64{},
		Statuses: map[kyc.Overall]int64{}, Kinds: map[kyc.Kind]int64{},
	}
}

// add adds the totals of other streams.
func (t *Totals) add(other Totals) {
	if t.Types == nil {
		*t = newTotals()
	}
	t.Events += other.Events
	t.Healed += other.Healed
	t.Overridden += other.Overridden
	t.Reconciled += other.Reconciled
	t.Sessions += other.Sessions
	sum(t.Types, other.Types)
	sum(t.Outcomes, other.Outcomes)
	sum(t.Statuses, other.Statuses)
	sum(t.Kinds, other.Kinds)
	for kind, states := range other.Flags {
		if t.Flags[kind] == nil {
			t.Flags[kind] = map[projection.FlagState]int64{}
		}
		sum(t.Flags[kind], states)
	}
}

func sum[K comparable](into, other map[K]int64) {
	for key, n := range other {
		into[key] += n
	}
}

// count makes the totals of the streams of one worker.
type count struct {
	Totals
	from int64
}

// openFlag is a flag of a session that is open, be it older than the range.
type openFlag struct {
	position int64
	kind     FlagKind
}

// event counts an event of a session.
func (c *count) event(f *folded, r Row, event kyc.Event) error {
	if r.Position >= c.from {
		c.Events++
		c.Types[r.Type]++
		c.outcome(event)
	}
	switch e := event.(type) {
	case kyc.TransitionFlagged:
		c.raise(f, r.Position, FlagKind{e.Violation, e.Severity})
	case kyc.ContractViolated:
		c.raise(f, r.Position, FlagKind{e.Violation, e.Severity})
	case kyc.WebhookDiscarded:
		if e.Violation != (kyc.Violation{}) {
			c.raise(f, r.Position, FlagKind{e.Violation, e.Severity})
		}
	case kyc.FlagResolved:
		return c.resolve(f, r.Position, e)
	}
	return nil
}

// outcome counts what a webhook became, or why else a status changed.
func (c *count) outcome(event kyc.Event) {
	switch e := event.(type) {
	case kyc.StatusChanged:
		c.change(e.Cause)
	case kyc.SessionReset:
		c.change(e.Cause)
	case kyc.StatusRepeated:
		c.Outcomes[kyc.Repeated]++
	case kyc.TransitionFlagged:
		c.Outcomes[kyc.Flagged]++
	case kyc.WebhookDiscarded:
		c.Outcomes[kyc.Discarded]++
	}
}

func (c *count) change(cause kyc.Cause) {
	switch cause {
	case kyc.CauseHealed:
		c.Healed++
	case kyc.CauseOverride:
		c.Overridden++
	case kyc.CauseReconciled:
		c.Reconciled++
	default:
		c.Outcomes[kyc.Applied]++
	}
}

func (c *count) raise(f *folded, position int64, kind FlagKind) {
	f.open = append(f.open, openFlag{position, kind})
	if position >= c.from {
		c.stands(kind, projection.FlagOpen, 1)
	}
}

func (c *count) resolve(f *folded, position int64, e kyc.FlagResolved) error {
	i := slices.IndexFunc(f.open, func(o openFlag) bool { return o.position == e.Flag })
	if i < 0 {
		return fmt.Errorf("position %d resolves a flag at %d that is not open: %w", position, e.Flag, ErrNotWhole)
	}
	if e.Flag >= c.from {
		c.stands(f.open[i].kind, projection.FlagOpen, -1)
		c.stands(f.open[i].kind, projection.FlagStateOf(e.Resolution), 1)
	}
	f.open = slices.Delete(f.open, i, i+1)
	return nil
}

func (c *count) stands(kind FlagKind, state projection.FlagState, n int64) {
	if c.Flags[kind] == nil {
		c.Flags[kind] = map[projection.FlagState]int64{}
	}
	c.Flags[kind][state] += n
	if c.Flags[kind][state] == 0 {
		delete(c.Flags[kind], state)
	}
}

func (c *count) session(s *kyc.Session, rules kyc.Rules) {
	c.Sessions++
	c.Statuses[s.Overall(rules)]++
	c.Kinds[s.Kind(rules)]++
}

// Raised returns how many flags of a kind were raised.
func (t Totals) Raised(kind FlagKind) (n int64) {
	for flags := range maps.Values(t.Flags[kind]) {
		n += flags
	}
	return n
}
