package command_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// ReadStream makes memory a log that a reconciliation reads.
func (m *memory) ReadStream(_ context.Context, _ eventlog.Stream, afterVersion int64, limit int) ([]eventlog.Recorded, error) {
	if m.unreadable != nil {
		return nil, m.unreadable
	}
	events := m.events[min(afterVersion, int64(len(m.events))):]
	return slices.Clone(events[:min(limit, len(events))]), nil
}

// provider answers what it is told to, after something else happened.
type provider struct {
	snapshot kyc.Snapshot
	err      error
	calls    int
	kinds    []kyc.Kind
	// meanwhile is called while the provider is asked for the nth time, from 1.
	meanwhile func(n int)
}

func (p *provider) Overview(_ context.Context, _ kyc.App, _ kyc.SessionID, kind kyc.Kind) (kyc.Snapshot, error) {
	p.calls++
	p.kinds = append(p.kinds, kind)
	answer := p.snapshot // as of now: what comes meanwhile is not in it
	if p.meanwhile != nil {
		p.meanwhile(p.calls)
	}
	return answer, p.err
}

var stream = eventlog.Stream{App: "default", Session: "s"}

// reconciling returns a log that has received some statuses of one step, and the
// command over it.
func reconciling(t *testing.T, p *provider, triggers ...kyc.Trigger) (*memory, func() (command.Reconciled, error)) {
	t.Helper()
	m := &memory{session: kyc.NewSession()}
	receive, _ := commands(m)
	for _, trigger := range triggers {
		if _, err := receive.Handle(t.Context(), webhook(trigger)); err != nil {
			t.Fatal(err)
		}
	}
	c := command.NewReconcileSession(m, m, p, kyc.NewMachine(), kyc.RuleBook{})
	return m, func() (command.Reconciled, error) { return c.Handle(t.Context(), stream, "ada") }
}

// shows is a snapshot of a session whose step has a status.
func shows(status string) kyc.Snapshot {
	return kyc.Snapshot{Status: "SUBMISSION_REQUIRED", Steps: []kyc.ObservedStep{{StepID: "1", Service: "LIVENESS", Status: status}}}
}

func (m *memory) step(t *testing.T) kyc.Status {
	t.Helper()
	steps := m.session.State().Steps
	if len(steps) != 1 {
		t.Fatalf("the session has the steps %v", steps)
	}
	return steps[0].Status
}

func TestASnapshotIsRecordedWithWhatFollowsFromIt(t *testing.T) {
	// An approval of what was never submitted is flagged, and the snapshot confirms it.
	m, reconcile := reconciling(t, &provider{snapshot: shows("PENDING_VERIFICATION")}, kyc.ReportRejected)
	flags := len(m.session.State().Flags)
	m2, again := reconciling(t, &provider{snapshot: shows("APPROVED")}, kyc.ReportPendingVerification, kyc.ReportRejected, kyc.ReportApproved)
	done, err := reconcile()
	want := command.Reconciled{Recorded: true, Position: int64(flags) + 1, Version: int64(flags) + 1, Last: int64(len(m.events)), Differences: done.Differences, Settled: done.Settled}
	if err != nil || done != want || done.Differences == 0 || m.step(t) != kyc.PendingVerification {
		t.Errorf("got %+v, %v with the step at %s", done, err, m.step(t))
	}
	if last := m.metadata[len(m.metadata)-1]; last.Actor != "ada" {
		t.Errorf("recorded with %+v", last)
	}
	// A final status that the provider has left behind is a reset that we missed.
	done, err = again()
	if err != nil || done.Differences != 2 || done.Settled != 1 || m2.step(t) != kyc.Approved {
		t.Errorf("got %+v, %v with the step at %s", done, err, m2.step(t))
	}
}

func TestASnapshotThatTellsNothingNewIsRecordedToo(t *testing.T) {
	m, reconcile := reconciling(t, &provider{snapshot: shows("PENDING_VERIFICATION")}, kyc.ReportPendingVerification)
	done, err := reconcile()
	if want := (command.Reconciled{Recorded: true, Position: 2, Version: 2, Last: 2}); err != nil || done != want || len(m.events) != 2 {
		t.Errorf("got %+v, %v and %d events, wanted %+v", done, err, len(m.events), want)
	}
}

func TestAWebhookThatComesMeanwhileIsNotOverwritten(t *testing.T) {
	p := &provider{snapshot: shows("PENDING_VERIFICATION")}
	m, reconcile := reconciling(t, p, kyc.ReportPendingVerification)
	receive, _ := commands(m)
	p.meanwhile = func(n int) {
		if n > 1 {
			return
		}
		if _, err := receive.Handle(t.Context(), webhook(kyc.ReportApproved)); err != nil {
			t.Error(err)
		}
		p.snapshot = shows("APPROVED") // what the next answer is
	}
	done, err := reconcile()
	if err != nil || p.calls != 2 || m.step(t) != kyc.Approved {
		t.Fatalf("%v after %d calls, with the step at %s", err, p.calls, m.step(t))
	}
	if want := (command.Reconciled{Recorded: true, Position: 3, Version: 3, Last: 3}); done != want {
		t.Errorf("got %+v, wanted %+v: the older answer would have been a reset", done, want)
	}
}

func TestASessionThatNeverRestsIsGivenUp(t *testing.T) {
	p := &provider{snapshot: shows("PENDING_VERIFICATION")}
	m, reconcile := reconciling(t, p)
	receive, _ := commands(m)
	p.meanwhile = func(int) {
		if _, err := receive.Handle(t.Context(), webhook(kyc.ReportPendingVerification)); err != nil {
			t.Error(err)
		}
	}
	done, err := reconcile()
	if !errors.Is(err, command.ErrRestless) || done != (command.Reconciled{}) || p.calls != 5 || len(m.events) != 5 {
		t.Errorf("%+v, %v after %d calls with %d events", done, err, p.calls, len(m.events))
	}
}

func TestThatASessionIsUnknownIsRecordedOnce(t *testing.T) {
	p := &provider{snapshot: kyc.Snapshot{Unknown: true}}
	m, reconcile := reconciling(t, p, kyc.ReportPendingVerification)
	done, err := reconcile()
	if want := (command.Reconciled{Unknown: true, Recorded: true, Position: 2, Version: 2, Last: 2}); err != nil || done != want {
		t.Errorf("got %+v, %v, wanted %+v", done, err, want)
	}
	done, err = reconcile()
	if want := (command.Reconciled{Unknown: true}); err != nil || done != want || len(m.events) != 2 {
		t.Errorf("the second time: %+v, %v with %d events", done, err, len(m.events))
	}
	if m.step(t) != kyc.PendingVerification {
		t.Errorf("the step is at %s", m.step(t))
	}
}

func TestASessionThatNobodyKnowsIsNotRecorded(t *testing.T) {
	m, reconcile := reconciling(t, &provider{snapshot: kyc.Snapshot{Unknown: true}})
	if done, err := reconcile(); err != nil || done != (command.Reconciled{Unknown: true}) || len(m.events) != 0 {
		t.Errorf("%+v, %v with %d events", done, err, len(m.events))
	}
}

func TestASessionOfWhichNoWebhookToldIsFound(t *testing.T) {
	p := &provider{snapshot: shows("APPROVED")}
	m, reconcile := reconciling(t, p)
	done, err := reconcile()
	if err != nil || !done.Recorded || done.Position != 1 || m.step(t) != kyc.Approved {
		t.Errorf("%+v, %v with the step at %s", done, err, m.step(t))
	}
	if _, err := reconcile(); err != nil || p.kinds[0] != kyc.KindUnknown || p.kinds[1] != kyc.KindIndividual {
		t.Errorf("asked for the kinds %v, %v", p.kinds, err)
	}
}

func TestAFaultRecordsNothing(t *testing.T) {
	fault := errors.New("some fault")
	for name, spoil := range map[string]func(*memory, *provider){
		"of the provider":            func(_ *memory, p *provider) { p.err = fault },
		"of the log that is read":    func(m *memory, _ *provider) { m.unreadable = fault },
		"of the log that is written": func(m *memory, _ *provider) { m.err = fault },
	} {
		p := &provider{snapshot: shows("APPROVED")}
		m, reconcile := reconciling(t, p, kyc.ReportPendingVerification)
		spoil(m, p)
		if done, err := reconcile(); !errors.Is(err, fault) || done != (command.Reconciled{}) || len(m.events) != 1 || p.calls > 1 {
			t.Errorf("%s: %+v, %v after %d calls with %d events", name, done, err, p.calls, len(m.events))
		}
	}
}

func TestAnAppendOfUnknownOutcomeCanBeTriedAgain(t *testing.T) {
	p := &provider{snapshot: shows("APPROVED")}
	m, reconcile := reconciling(t, p, kyc.ReportPendingVerification)
	m.lost = eventlog.ErrOutcomeUnknown
	if done, err := reconcile(); !errors.Is(err, eventlog.ErrOutcomeUnknown) || done != (command.Reconciled{}) {
		t.Errorf("%+v, %v", done, err)
	}
	m.lost = nil
	done, err := reconcile()
	if err != nil || done.Differences != 0 || m.step(t) != kyc.Approved || len(m.events) != 4 {
		t.Errorf("%+v, %v with the step at %s after %d events: the first try was stored", done, err, m.step(t), len(m.events))
	}
}

func TestALongHistoryIsReadWhole(t *testing.T) {
	p := &provider{snapshot: shows("PENDING_VERIFICATION")}
	m, reconcile := reconciling(t, p, slices.Repeat([]kyc.Trigger{kyc.ReportPendingVerification}, 1000)...)
	if done, err := reconcile(); err != nil || done.Version != 1001 || p.calls != 1 || len(m.events) != 1001 {
		t.Errorf("%+v, %v after %d calls", done, err, p.calls)
	}
}
