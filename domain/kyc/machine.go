package kyc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/looplab/fsm"
)

// Flow says which table a track follows.
type Flow struct{ name string }

// The flows of a track.
var (
	// FlowSubmission is the flow of a track whose results follow a submission.
	FlowSubmission = Flow{"submission"}
	// FlowAutomatic is the flow of automatic services, and of the session track
	// of a session that has step tracks: results may come without a submission.
	FlowAutomatic = Flow{"automatic"}
)

// Flows returns every flow.
func Flows() []Flow { return []Flow{FlowSubmission, FlowAutomatic} }

// String returns the name.
func (f Flow) String() string { return f.name }

// transition is one row of the table: from any of the states, the trigger
// leads to one state.
type transition struct {
	trigger Trigger
	from    []Status
	to      Status
}

// table is the state machine, as section 2.1 of the design has it. It is
// where a move becomes allowed, and the only place.
func table() []transition {
	return []transition{
		{ReportPendingVerification, []Status{SubmissionRequired, ResubmissionRequired, PendingVerification}, PendingVerification},
		{ReportApproved, []Status{PendingVerification}, Approved},
		{ReportResubmissionRequired, []Status{PendingVerification, Approved}, ResubmissionRequired},
		{ReportRejected, []Status{PendingVerification, ResubmissionRequired, Approved}, Rejected},
		{ReportSubmissionRequired, []Status{SubmissionRequired}, SubmissionRequired},
		{ReportSubmissionRequired, []Status{PendingVerification, Approved, ResubmissionRequired}, ResubmissionRequired},
		{ReportReset, Statuses(), SubmissionRequired},
	}
}

// automaticTable is what FlowAutomatic allows beside the table.
func automaticTable() []transition {
	initial := []Status{SubmissionRequired}
	return []transition{
		{ReportApproved, initial, Approved},
		{ReportResubmissionRequired, initial, ResubmissionRequired},
		{ReportRejected, initial, Rejected},
	}
}

// Machine answers which move a trigger makes. It is safe for concurrent use.
type Machine struct {
	submission, automatic sync.Pool
}

// NewMachine returns the machine of the design's table. It panics if the table
// contradicts itself, which is a programmer's mistake.
func NewMachine() *Machine {
	submission := table()
	automatic := append(table(), automaticTable()...)
	m := &Machine{}
	m.submission.New = pooled(submission)
	m.automatic.New = pooled(automatic)
	return m
}

func pooled(rows []transition) func() any {
	events := descriptions(rows)
	return func() any { return fsm.NewFSM(SubmissionRequired.String(), events, nil) }
}

// descriptions translates the table for looplab/fsm, which lets the second of
// two rows for one (trigger, state) win in silence: here that panics.
func descriptions(rows []transition) fsm.Events {
	type cell struct {
		trigger Trigger
		from    Status
	}
	seen := map[cell]bool{}
	events := make(fsm.Events, 0, len(rows))
	for _, row := range rows {
		sources := make([]string, 0, len(row.from))
		for _, from := range row.from {
			if seen[cell{row.trigger, from}] {
				panic(fmt.Sprintf("kyc: two rows for %s from %s", row.trigger, from))
			}
			seen[cell{row.trigger, from}] = true
			sources = append(sources, from.String())
		}
		events = append(events, fsm.EventDesc{Name: row.trigger.String(), Src: sources, Dst: row.to.String()})
	}
	return events
}

// next returns where the trigger leads from a state, and whether the flow
// allows it at all.
func (m *Machine) next(flow Flow, from Status, t Trigger) (to Status, allowed bool) {
	pool := &m.submission
	if flow == FlowAutomatic {
		pool = &m.automatic
	}
	f := pool.Get().(*fsm.FSM)
	defer pool.Put(f)

	// SetState skips every rule. It only tells the pooled machine where the
	// track stands; the move itself must go through Event.
	f.SetState(from.String())
	// No callback takes the context: looplab's signature asks for one.
	err := f.Event(context.Background(), t.String())
	var stays fsm.NoTransitionError
	if err != nil && !errors.As(err, &stays) { // a legal self-transition is an "error" there
		return Status{}, false
	}
	to, ok := ParseStatus(f.Current())
	return to, ok
}

// Diagram draws a flow as a Mermaid state diagram.
func (m *Machine) Diagram(flow Flow) string {
	rows := table()
	if flow == FlowAutomatic {
		rows = append(rows, automaticTable()...)
	}
	f := fsm.NewFSM(SubmissionRequired.String(), descriptions(rows), nil)
	text, err := fsm.VisualizeForMermaidWithGraphType(f, fsm.StateDiagram)
	if err != nil {
		panic(err) // the graph type is a constant of the library
	}
	return text
}
