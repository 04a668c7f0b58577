package command_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// memory is a log of one session, as far as the commands need one.
type memory struct {
	session  *kyc.Session
	events   []eventlog.Recorded
	metadata []eventlog.Metadata
	conflict bool
	receipt  eventlog.Receipt // answered instead of appending, if a duplicate
	err      error            // of an append that stores nothing
	now      func() time.Time // nil: it is dawn

	lost       error // of an append that stores its events all the same
	unreadable error
}

func dawn() time.Time { return time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC) }

func (m *memory) Append(_ context.Context, r eventlog.Request) (eventlog.Receipt, error) {
	if m.err != nil || m.receipt.Duplicate {
		return m.receipt, m.err
	}
	now := dawn()
	if m.now != nil {
		now = m.now()
	}
	events, err := r.Decide(eventlog.Head{Session: m.session, Now: now, Conflict: m.conflict})
	if err != nil {
		return eventlog.Receipt{}, err
	}
	first := int64(len(m.events)) + 1
	for _, event := range events {
		n := int64(len(m.events)) + 1
		recorded := eventlog.Recorded{Position: n, Version: n, EventID: "id", Stream: r.Stream, RecordedAt: now, Event: event}
		m.session.Apply(event, recorded.Mark())
		m.events = append(m.events, recorded)
	}
	m.metadata = append(m.metadata, r.Metadata)
	if m.lost != nil {
		return eventlog.Receipt{}, m.lost
	}
	return eventlog.Receipt{Position: first, Version: first, Last: int64(len(m.events))}, nil
}

func (m *memory) ReadOne(_ context.Context, position int64) (eventlog.Recorded, error) {
	if position < 1 || position > int64(len(m.events)) {
		return eventlog.Recorded{}, eventlog.ErrNotFound
	}
	return m.events[position-1], nil
}

func commands(m *memory) (command.ReceiveWebhook, command.ResolveFlag) {
	machine, rules := kyc.NewMachine(), kyc.RuleBook{}
	return command.NewReceiveWebhook(m, machine, rules), command.NewResolveFlag(m, m, machine, rules)
}

func webhook(t kyc.Trigger) command.Webhook {
	return command.Webhook{App: "default", Session: "s", Report: kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: t}}
}

func TestAWebhookIsAnsweredWithItsOutcome(t *testing.T) {
	m := &memory{session: kyc.NewSession()}
	receive, _ := commands(m)
	for i, test := range []struct {
		trigger kyc.Trigger
		want    kyc.Outcome
	}{
		{kyc.ReportPendingVerification, kyc.Applied},
		{kyc.ReportApproved, kyc.Applied},
		{kyc.ReportApproved, kyc.Repeated},
		{kyc.ReportPendingVerification, kyc.Flagged},
		{kyc.Trigger{}, kyc.Discarded},
	} {
		got, err := receive.Handle(t.Context(), webhook(test.trigger))
		if err != nil || got.Outcome != test.want || got.Position != int64(i+1) || got.Last != got.Position {
			t.Errorf("webhook %d: %+v, %v, wanted %s", i+1, got, err, test.want)
		}
	}
}

func TestAKnownDeliveryIsADuplicateOrAConflict(t *testing.T) {
	m := &memory{session: kyc.NewSession(), receipt: eventlog.Receipt{Duplicate: true, Position: 7, Version: 2, Last: 8}}
	receive, _ := commands(m)
	got, err := receive.Handle(t.Context(), webhook(kyc.ReportApproved))
	if want := (command.Receipt{Outcome: kyc.Duplicate, Position: 7, Version: 2, Last: 8}); err != nil || got != want {
		t.Errorf("got %+v, %v, wanted %+v", got, err, want)
	}
	m.receipt, m.conflict = eventlog.Receipt{}, true
	got, err = receive.Handle(t.Context(), webhook(kyc.ReportPendingVerification))
	flagged, ok := m.events[0].Event.(kyc.TransitionFlagged)
	if err != nil || got.Outcome != kyc.Flagged || !ok || flagged.Violation != kyc.DeliveryConflict {
		t.Errorf("got %+v with %+v, %v", got, m.events[0].Event, err)
	}
}

func TestAFaultOfTheLogIsPassedOn(t *testing.T) {
	m := &memory{session: kyc.NewSession(), err: eventlog.ErrBusy}
	receive, _ := commands(m)
	if _, err := receive.Handle(t.Context(), webhook(kyc.ReportApproved)); !errors.Is(err, eventlog.ErrBusy) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyAFlagCanBeResolvedAndOnlyOnce(t *testing.T) {
	m := &memory{session: kyc.NewSession()}
	receive, resolve := commands(m)
	for _, trigger := range []kyc.Trigger{kyc.ReportPendingVerification, kyc.ReportRejected, kyc.ReportApproved} {
		if _, err := receive.Handle(t.Context(), webhook(trigger)); err != nil {
			t.Fatal(err)
		}
	}
	// Positions: 1 pending, 2 rejected, 3 its missing reason, 4 the flag.
	for _, test := range []struct {
		ruling kyc.Ruling
		want   error
	}{
		{kyc.Ruling{Flag: 99, By: "ada", Note: "n"}, command.ErrFlagNotFound},
		{kyc.Ruling{Flag: 1, By: "ada", Note: "n"}, command.ErrFlagNotFound},
		{kyc.Ruling{Flag: 4, By: "ada", Note: " "}, kyc.ErrNoteRequired},
		{kyc.Ruling{Flag: 4, By: "ada", Note: "seen", Accept: true}, nil},
		{kyc.Ruling{Flag: 4, By: "ada", Note: "again"}, kyc.ErrFlagNotOpen},
		{kyc.Ruling{Flag: 3, By: "ada", Note: "fine"}, nil},
	} {
		if _, err := resolve.Handle(t.Context(), test.ruling); !errors.Is(err, test.want) {
			t.Errorf("%+v: got %v, wanted %v", test.ruling, err, test.want)
		}
	}
	if status := m.session.State().Steps[0].Status; status != kyc.Approved {
		t.Errorf("the accepted status was not applied: %s", status)
	}
	if last := m.metadata[len(m.metadata)-1]; last.Actor != "ada" || last.CausationID != "id" {
		t.Errorf("recorded with %+v", last)
	}
}
