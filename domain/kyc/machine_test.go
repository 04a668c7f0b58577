package kyc_test

import (
	"fmt"
	"sync"
	"testing"

	"dossier/domain/kyc"
)

func TestEveryTripleHasExactlyOneRow(t *testing.T) {
	if f, s, g := len(kyc.Flows()), len(kyc.Statuses()), len(kyc.Triggers()); f != 2 || s != 5 || g != 6 {
		t.Fatalf("%d flows, %d statuses, %d triggers: the design has 2, 5 and 6", f, s, g)
	}
	count := map[triple]int{}
	for _, r := range rows() {
		count[r.triple]++
	}
	for _, flow := range kyc.Flows() {
		for _, from := range kyc.Statuses() {
			for _, trigger := range kyc.Triggers() {
				if n := count[triple{flow, from, trigger}]; n != 1 {
					t.Errorf("%s, %s, %s has %d rows, want 1", flow, from, trigger, n)
				}
			}
		}
	}
}

// Each row is tried on a step and on the session's own track: the flow comes
// from the step's service there, and from whether steps were seen here.
func TestEveryTripleBecomesWhatTheDesignSays(t *testing.T) {
	for _, r := range rows() {
		for _, step := range []kyc.StepID{"step", ""} {
			track := "session"
			if step != "" {
				track = "step"
			}
			name := fmt.Sprintf("%s/%s/%s/%s", r.flow, r.from, r.trigger, track)
			t.Run(name, func(t *testing.T) { r.check(t, step) })
		}
	}
}

func (r row) check(t *testing.T, step kyc.StepID) {
	s := begin(usual())
	s.session = r.standing(step)
	report := withReason(blurred, on(step, r.trigger))
	report.Service = s.step(step).Service

	decision := s.receive(report)

	same(t, "outcome", decision.Outcome, r.want.outcome)
	same(t, "events", decision.Events, []kyc.Event{r.event(report)})
	want := r.from
	if r.want.outcome == kyc.Applied {
		want = r.want.to
	}
	same(t, "status", s.status(step), want)
}

// standing returns a session with a track that is where the row begins.
func (r row) standing(step kyc.StepID) *kyc.Session {
	service := document
	if r.flow == kyc.FlowAutomatic {
		service = kyc.ServiceAML
	}
	state := kyc.State{Version: 1, Position: 1, Cycle: 1, Track: kyc.Track{Status: kyc.SubmissionRequired}}
	switch {
	case step != "":
		state.Steps = []kyc.Track{{StepID: step, Service: service, Status: r.from}}
	case r.flow == kyc.FlowAutomatic:
		state.Steps = []kyc.Track{{StepID: "other", Service: document, Status: kyc.PendingVerification}}
		state.Track.Status = r.from
	default:
		state.Track.Status = r.from
	}
	return kyc.RestoreSession(state)
}

// event returns the one event that the row expects of a report.
func (r row) event(report kyc.Report) kyc.Event {
	switch {
	case r.want.outcome == kyc.Repeated:
		return kyc.StatusRepeated{
			StepID: report.StepID, Service: report.Service, Trigger: r.trigger, Status: r.from, Reason: blurred,
		}
	case r.want.outcome == kyc.Flagged:
		return kyc.TransitionFlagged{
			StepID: report.StepID, Service: report.Service, Violation: r.want.violation, Severity: r.want.severity,
			From: r.from, Attempted: r.trigger, Reason: blurred,
		}
	case r.trigger == kyc.ReportReset && report.StepID == "":
		return kyc.SessionReset{Cycle: 2, Reason: blurred, Cause: kyc.CauseReported}
	default:
		return kyc.StatusChanged{
			StepID: report.StepID, Service: report.Service, Trigger: r.trigger, From: r.from, To: r.want.to,
			Reason: blurred, Cause: kyc.CauseReported,
		}
	}
}

// The machine tells its pooled parts where a track stands: two decisions must
// never share one.
func TestMachineIsSafeForConcurrentUse(t *testing.T) {
	decider := kyc.Decider{Machine: kyc.NewMachine(), Rules: usual()}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if r, got := firstWrong(decider); got != (kyc.Outcome{}) {
					t.Errorf("%s, %s, %s: %s, want %s", r.flow, r.from, r.trigger, got, r.want.outcome)
				}
			}
		})
	}
	all.Wait()
}

// firstWrong returns the first row that a decider answers wrongly, and what it
// answers; the zero values if it answers all of them as they should be.
func firstWrong(decider kyc.Decider) (row, kyc.Outcome) {
	for _, r := range rows() {
		got := decider.Receive(r.standing(""), on("", r.trigger), dawn()).Outcome
		if got != r.want.outcome {
			return r, got
		}
	}
	return row{}, kyc.Outcome{}
}
