package command_test

import (
	"testing"
	"time"

	"dossier/application/command"
	"dossier/domain/kyc"
)

// The case that the settling time is for: three webhooks approve a session, the
// API is 10 seconds behind, and later it is not.
func TestAnApprovalIsNotTakenAwayByALag(t *testing.T) {
	now := dawn()
	clock := func() time.Time { return now }
	m := &memory{session: kyc.NewSession(), now: clock}
	receive, _ := commands(m)
	for _, trigger := range []kyc.Trigger{kyc.ReportPendingVerification, kyc.ReportApproved} {
		if _, err := receive.Handle(t.Context(), webhook(trigger)); err != nil {
			t.Fatal(err)
		}
	}
	p := &provider{snapshot: shows("PENDING_VERIFICATION")}
	c := command.NewReconcileSession(m, m, p, kyc.NewMachine(), kyc.RuleBook{}).Lagging(2*time.Minute, clock)

	now = now.Add(6 * time.Second)
	done, err := c.Handle(t.Context(), stream, "ada")
	want := command.Reconciled{Recorded: true, Position: 3, Version: 3, Last: 3, Contradicts: 2, AskAgain: now.Add(6*time.Second + time.Millisecond)}
	if err != nil || done != want || m.step(t) != kyc.Approved || m.session.State().Cycle != 1 {
		t.Fatalf("got %+v, %v, wanted %+v, with the step at %s", done, err, want, m.step(t))
	}

	now, p.snapshot = done.AskAgain, shows("APPROVED")
	done, err = c.Handle(t.Context(), stream, "ada")
	if want := (command.Reconciled{Recorded: true, Position: 4, Version: 4, Last: 4}); err != nil || done != want || m.step(t) != kyc.Approved {
		t.Errorf("got %+v, %v, wanted %+v, with the step at %s", done, err, want, m.step(t))
	}
}

// The age of a webhook counts from before the question: what the provider takes to
// answer does not make it older.
func TestASlowAnswerIsNoOldOne(t *testing.T) {
	now := dawn()
	m := &memory{session: kyc.NewSession(), now: func() time.Time { return now }}
	receive, _ := commands(m)
	for _, trigger := range []kyc.Trigger{kyc.ReportPendingVerification, kyc.ReportApproved} {
		if _, err := receive.Handle(t.Context(), webhook(trigger)); err != nil {
			t.Fatal(err)
		}
	}
	p := &provider{snapshot: shows("PENDING_VERIFICATION")}
	p.meanwhile = func(int) { now = now.Add(time.Hour) }
	c := command.NewReconcileSession(m, m, p, kyc.NewMachine(), kyc.RuleBook{}).Lagging(2*time.Minute, m.now)
	if done, err := c.Handle(t.Context(), stream, "ada"); err != nil || done.Contradicts != 2 || m.step(t) != kyc.Approved {
		t.Errorf("got %+v, %v", done, err)
	}
}
