package command_test

import (
	"errors"
	"testing"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func TestALookAtDetailsIsRecordedOnlyIfThereIsSomethingToSee(t *testing.T) {
	m := &memory{session: kyc.NewSession()}
	receive, _ := commands(m)
	if _, err := receive.Handle(t.Context(), webhook(kyc.ReportPendingVerification)); err != nil {
		t.Fatal(err)
	}
	look := command.NewAccessDetails(m, kyc.RuleBook{})
	for _, c := range []struct {
		access kyc.DetailsAccessed
		want   error
	}{
		{kyc.DetailsAccessed{StepID: "1", By: "ada"}, command.ErrPurposeRequired},
		{kyc.DetailsAccessed{StepID: "1", By: "ada", Purpose: " \n"}, command.ErrPurposeRequired},
		{kyc.DetailsAccessed{StepID: "2", By: "ada", Purpose: "case 7"}, command.ErrStepNotFound},
		{kyc.DetailsAccessed{By: "ada", Purpose: "case 7"}, command.ErrStepNotFound},
		{kyc.DetailsAccessed{StepID: "1", By: "ada", Purpose: "case 7"}, nil},
	} {
		before := len(m.events)
		receipt, err := look.Handle(t.Context(), stream, c.access)
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: got %v, wanted %v", c.access, err, c.want)
		}
		if c.want != nil {
			if len(m.events) != before {
				t.Errorf("%+v: it was recorded", c.access)
			}
			continue
		}
		if got := m.events[len(m.events)-1]; got.Event != c.access || receipt.Position != got.Position || m.metadata[len(m.metadata)-1].Actor != "ada" {
			t.Errorf("recorded %+v with %+v", got, receipt)
		}
	}
	m.err = eventlog.ErrBusy
	if _, err := look.Handle(t.Context(), stream, kyc.DetailsAccessed{StepID: "1", By: "ada", Purpose: "case 7"}); !errors.Is(err, eventlog.ErrBusy) {
		t.Errorf("a look that is not recorded: %v", err)
	}
}

func TestAStepOfACompanyIsNoTrack(t *testing.T) {
	access := kyc.DetailsAccessed{StepID: "7", By: "ada", Purpose: "case 7"}
	m := &memory{session: kyc.NewSession()}
	pinned := kyc.RuleBook{Default: kyc.Rules{Pinned: kyc.KindCorporate}}
	look := command.NewAccessDetails(m, pinned)
	if _, err := look.Handle(t.Context(), stream, access); !errors.Is(err, command.ErrStepNotFound) || len(m.events) != 0 {
		t.Errorf("a session that nobody knows: %v with %d events", err, len(m.events))
	}
	receive, _ := commands(m)
	hook := webhook(kyc.ReportPendingVerification)
	hook.Report = kyc.Report{Trigger: kyc.ReportPendingVerification, CompanyForm: true}
	if _, err := receive.Handle(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	if _, err := look.Handle(t.Context(), stream, access); err != nil || len(m.events) != 2 {
		t.Errorf("%v with %d events", err, len(m.events))
	}
}
