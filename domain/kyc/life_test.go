package kyc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// act is one thing that happens to a session. It is plain data, so that a
// failing life shrinks and prints well.
type act struct {
	Kind     string // "report", "conflict", "ruling", "snapshot" or "access"
	After    time.Duration
	Report   kyc.Report
	Flag     int // of a ruling: which of the open flags, from the newest on; none if there are fewer
	Accept   bool
	Note     string
	Snapshot kyc.Snapshot
}

// reports says whether the act is a delivery of the provider's.
func (a act) reports() bool { return a.Kind == "report" || a.Kind == "conflict" }

// turn is what an act became.
type turn struct {
	act
	before   kyc.State
	decided  kyc.State // after the decision, before its events were applied
	decision kyc.Decision
	err      error   // of a ruling
	entries  []entry // its events, applied one by one
}

func (t turn) after() kyc.State {
	if len(t.entries) == 0 {
		return t.before
	}
	return t.entries[len(t.entries)-1].after
}

// life is a whole random history.
type life struct {
	rules kyc.Rules
	turns []turn
}

func (l life) entries() []entry {
	var all []entry
	for _, t := range l.turns {
		all = append(all, t.entries...)
	}
	return all
}

// lives draws rules and acts, and plays them. Left alone, rapid prefers short
// lives, in which little is ever approved and then revoked: most lives get a
// least length, which still shrinks to one.
func lives() *rapid.Generator[life] {
	return rapid.Custom(func(t *rapid.T) life {
		rules := kyc.Rules{
			HealWindow: rapid.SampledFrom([]time.Duration{30 * time.Second, 0, time.Hour}).Draw(t, "heal window"),
			Pinned:     rapid.SampledFrom([]kyc.Kind{{}, kyc.KindIndividual, kyc.KindCorporate}).Draw(t, "pinned"),
			Required: rapid.SampledFrom([][]kyc.Service{
				nil, {document}, {document, kyc.ServiceAML},
			}).Draw(t, "required"),
		}
		least := rapid.SampledFrom([]int{1, 30, 60}).Draw(t, "least")
		return play(rules, rapid.SliceOfN(acts(), least, 80).Draw(t, "acts"))
	})
}

func acts() *rapid.Generator[act] {
	// As often as they are named: mostly reports.
	kinds := []string{
		"report", "report", "report", "report", "report", "report", "report", "report", "report", "report",
		"ruling", "ruling", "ruling", "ruling", "conflict", "conflict", "snapshot", "snapshot", "access",
	}
	pauses := []time.Duration{0, time.Second, 20 * time.Second, 40 * time.Second, 2 * time.Hour}
	return rapid.Custom(func(t *rapid.T) act {
		a := act{
			Kind:   rapid.SampledFrom(kinds).Draw(t, "kind"),
			After:  rapid.SampledFrom(pauses).Draw(t, "after"),
			Report: reports().Draw(t, "report"),
			Flag:   rapid.IntRange(0, 3).Draw(t, "flag"),
			Accept: rapid.Bool().Draw(t, "accept"),
			Note:   rapid.SampledFrom([]string{note, note, note, ""}).Draw(t, "note"),
		}
		if a.Kind == "snapshot" {
			a.Snapshot = snapshots().Draw(t, "snapshot")
		}
		return a
	})
}

// reports draws reports in the forms of people and of companies, among them
// some that break the provider's contract.
func reports() *rapid.Generator[kyc.Report] {
	triggers := append(kyc.Triggers(), kyc.Trigger{}, kyc.ReportPendingVerification, kyc.ReportApproved, kyc.ReportReset)
	return rapid.Custom(func(t *rapid.T) kyc.Report {
		r := kyc.Report{
			StepID:  rapid.SampledFrom([]kyc.StepID{"", "a", "b", "c"}).Draw(t, "step"),
			Service: rapid.SampledFrom([]kyc.Service{document, kyc.ServiceAML, ""}).Draw(t, "service"),
			Trigger: rapid.SampledFrom(triggers).Draw(t, "trigger"),
			Reason:  rapid.SampledFrom([]string{blurred, ""}).Draw(t, "reason"),
			Attempt: rapid.IntRange(0, 3).Draw(t, "attempt"),
		}
		if !r.Trigger.Known() {
			r.Status = "EXPIRED"
		}
		if r.StepID == "" && rapid.Bool().Draw(t, "company") {
			r.Service, r.CompanyForm = "", true
		}
		return r
	})
}

// snapshots draws what a provider may show: all that there is and more, in part
// or not at all, and things that make no sense.
func snapshots() *rapid.Generator[kyc.Snapshot] {
	shown := []string{"ON_HOLD", ""}
	for _, status := range kyc.Statuses() {
		shown = append(shown, status.String())
	}
	return rapid.Custom(func(t *rapid.T) kyc.Snapshot {
		if rapid.IntRange(0, 7).Draw(t, "unknown") == 0 {
			return kyc.Snapshot{Unknown: true}
		}
		s := kyc.Snapshot{
			Company: rapid.IntRange(0, 5).Draw(t, "company") == 0,
			Status:  rapid.SampledFrom(shown).Draw(t, "status"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "steps") {
			s.Steps = append(s.Steps, kyc.ObservedStep{
				StepID:  rapid.SampledFrom([]kyc.StepID{"a", "b", "c", "d", ""}).Draw(t, "step"),
				Service: rapid.SampledFrom([]kyc.Service{document, kyc.ServiceAML, ""}).Draw(t, "service"),
				Status:  rapid.SampledFrom(shown).Draw(t, "status"),
			})
		}
		return s
	})
}

func play(rules kyc.Rules, acts []act) life {
	s := begin(rules)
	l := life{rules: rules}
	for _, a := range acts {
		s.wait(a.After)
		l.turns = append(l.turns, s.turn(a))
	}
	return l
}

func (s *story) turn(a act) turn {
	t := turn{act: a, before: s.session.State()}
	t.decision, t.err = s.decide(a)
	t.decided = s.session.State()
	recorded := len(s.log)
	s.record(t.decision.Events)
	t.entries = s.log[recorded:]
	return t
}

// decide only asks; it is called twice where that must not matter.
func (s *story) decide(a act) (kyc.Decision, error) {
	switch a.Kind {
	case "report":
		return s.decider.Receive(s.session, a.Report, s.now), nil
	case "conflict":
		return s.decider.Conflict(s.session, a.Report), nil
	case "snapshot":
		return kyc.Decision{Events: s.decider.Reconcile(s.session, a.Snapshot)}, nil
	case "access":
		return kyc.Decision{Events: []kyc.Event{kyc.DetailsAccessed{StepID: a.Report.StepID, By: reviewer, Purpose: note}}}, nil
	default:
		ruling := kyc.Ruling{Accept: a.Accept, By: reviewer, Note: a.Note}
		if open := s.open(); a.Flag < len(open) {
			ruling.Flag = open[len(open)-1-a.Flag]
		}
		events, err := s.decider.Resolve(s.session, ruling)
		return kyc.Decision{Events: events}, err
	}
}

// holds checks a property of every life. Values are drawn from the rapid.T, so
// that a failure is shrunk to the shortest life that shows it.
func holds(t *testing.T, property func(*rapid.T, life)) {
	rapid.Check(t, func(rt *rapid.T) { property(rt, lives().Draw(rt, "life")) })
}

// GoString tells a life act by act: it is what a failing property prints.
func (l life) GoString() string {
	var text strings.Builder
	fmt.Fprintf(&text, "rules %+v\n", l.rules)
	for i, t := range l.turns {
		fmt.Fprintf(&text, "%d: after %s: ", i, t.After)
		switch t.Kind {
		case "ruling":
			fmt.Fprintf(&text, "ruling on flag %d, accept %t, note %q: %v\n", t.Flag, t.Accept, t.Note, t.err)
		case "snapshot":
			fmt.Fprintf(&text, "snapshot %+v\n", t.Snapshot)
		default:
			fmt.Fprintf(&text, "%s %+v: %s\n", t.Kind, t.Report, t.decision.Outcome)
		}
		for _, e := range t.entries {
			fmt.Fprintf(&text, "   %d %T%+v\n", e.mark.Position, e.event, e.event)
		}
	}
	return text.String()
}

// Properties prove nothing of what the lives never reach. These seeds are
// fixed, so this test either always passes or never.
func TestLivesReachEverything(t *testing.T) {
	seen := map[string]bool{}
	for seed := range 200 {
		l := lives().Example(seed)
		for _, turn := range l.turns {
			seen["outcome "+turn.decision.Outcome.String()] = true
			seen[fmt.Sprintf("error %v", turn.err)] = true
		}
		for _, e := range l.entries() {
			seen["overall "+kyc.RestoreSession(e.after).Overall(l.rules).String()] = true
			for _, what := range traits(e.event) {
				seen[what] = true
			}
		}
	}
	for _, want := range everything() {
		if !seen[want] {
			t.Errorf("no life has: %s", want)
		}
	}
}

func traits(event kyc.Event) []string {
	found := []string{fmt.Sprintf("%T", event)}
	switch e := event.(type) {
	case kyc.StatusChanged:
		found = append(found, "change "+e.Cause.String())
	case kyc.SessionReset:
		found = append(found, "reset "+e.Cause.String())
	case kyc.TransitionFlagged:
		found = append(found, "violation "+e.Violation.String())
	case kyc.ContractViolated:
		found = append(found, "violation "+e.Violation.String())
	case kyc.WebhookDiscarded:
		found = append(found, "violation "+e.Violation.String())
	case kyc.FlagResolved:
		found = append(found, "resolution "+e.Resolution.String())
	}
	return found
}

func everything() []string {
	all := []string{
		"kyc.StatusChanged", "kyc.SessionReset", "kyc.StatusRepeated", "kyc.TransitionFlagged",
		"kyc.WebhookDiscarded", "kyc.ContractViolated", "kyc.FlagResolved", "kyc.SnapshotObserved", "kyc.DetailsAccessed",
		"change reported", "change healed", "change override", "change reconciled",
		"reset reported", "reset override", "reset reconciled",
		"outcome applied", "outcome repeated", "outcome flagged", "outcome discarded",
		"resolution accept", "resolution dismiss", "resolution healed", "resolution superseded", "resolution reconciled",
		"error <nil>", "error " + kyc.ErrNoteRequired.Error(), "error " + kyc.ErrFlagNotOpen.Error(),
	}
	for _, v := range kyc.Violations() {
		all = append(all, "violation "+v.String())
	}
	for _, o := range kyc.Overalls() {
		all = append(all, "overall "+o.String())
	}
	return all
}
