package kyc

import "testing"

// looplab/fsm lets the second of two rows for one cell win in silence.
func TestTwoRowsForOneCellPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	descriptions(append(table(), transition{ReportApproved, []Status{PendingVerification}, Rejected}))
}

// A status or trigger that the table does not have must be refused, not moved:
// a stored state may hold what a later version wrote.
func TestNextRefusesWhatTheTableDoesNotHave(t *testing.T) {
	m := NewMachine()
	for _, flow := range Flows() {
		if to, allowed := m.next(flow, Status{}, ReportApproved); allowed || to != (Status{}) {
			t.Errorf("%s: from no status APPROVED leads to %q, %t", flow, to, allowed)
		}
		if to, allowed := m.next(flow, PendingVerification, Trigger{}); allowed || to != (Status{}) {
			t.Errorf("%s: no trigger leads to %q, %t", flow, to, allowed)
		}
	}
}

// RESET is a report and never a state.
func TestResetNamesTheInitialState(t *testing.T) {
	for _, trigger := range Triggers() {
		want := trigger.String()
		if trigger == ReportReset {
			want = "SUBMISSION_REQUIRED"
		}
		if got := trigger.status(); got.String() != want {
			t.Errorf("%s names %s, want %s", trigger, got, want)
		}
	}
}
