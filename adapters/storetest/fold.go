package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

func foldCases() []Case {
	return []Case{{"read models that two stores project are the fold of the log", foldOfLog}}
}

// foldOfLog writes whole lives of sessions through the commands of the service,
// lets two stores race to project them while they are written, and folds the
// log again to compare.
func foldOfLog(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	if err := live(ctx, stores[0], 400); err != nil {
		return err
	}
	head, err := stores[0].Head(ctx)
	if err != nil {
		return err
	}
	failures := make([]error, 4)
	var runners sync.WaitGroup
	for i, s := range stores {
		runners.Go(func() { failures[2*i] = project(ctx, s, projection.NewSessions(kyc.RuleBook{}), head, 11+i) })
		runners.Go(func() { failures[2*i+1] = project(ctx, s, projection.Flags{}, head, 13+i) })
	}
	runners.Wait()
	events, err := history(ctx, stores[1])
	if err := errors.Join(append(failures, err)...); err != nil {
		return err
	}
	return errors.Join(sessionsAreFold(ctx, stores[0], events), flagsAreFold(ctx, stores[1], events))
}

// live reports and rules at random, the same at each run.
func live(ctx context.Context, s Store, reports int) error {
	r := rand.New(rand.NewPCG(7, 8))
	machine, rules := kyc.NewMachine(), kyc.RuleBook{}
	receive := command.NewReceiveWebhook(s, machine, rules)
	resolve := command.NewResolveFlag(s, s, machine, rules)
	reconcile := command.NewReconcileSession(s, s, provider{r}, machine, rules)
	for i := range reports {
		receipt, err := receive.Handle(ctx, randomWebhook(r, i))
		if err != nil {
			return fmt.Errorf("webhook %d: %w", i, err)
		}
		if receipt.Outcome == kyc.Flagged && r.IntN(3) == 0 {
			ruling := kyc.Ruling{Flag: receipt.Position, Accept: r.IntN(2) == 0, By: "alice", Note: pick(r, oddTexts()...) + "!"}
			if _, err := resolve.Handle(ctx, ruling); err != nil {
				return fmt.Errorf("ruling on webhook %d: %w", i, err)
			}
		}
		if r.IntN(12) == 0 {
			if _, err := reconcile.Handle(ctx, randomStream(r), "alice"); err != nil {
				return fmt.Errorf("reconciliation after webhook %d: %w", i, err)
			}
		}
	}
	return nil
}

func randomWebhook(r *rand.Rand, i int) command.Webhook {
	report := kyc.Report{
		StepID: pick[kyc.StepID](r, "", "1", "2", "'3'"), Service: pick[kyc.Service](r, "", "AML", "LIVENESS"),
		Trigger: pick(r, append(kyc.Triggers(), kyc.Trigger{}, kyc.ReportPendingVerification)...),
		Reason:  pick(r, append(oddTexts(), "")...), CompanyForm: r.IntN(9) == 0, Attempt: 1 + r.IntN(2),
	}
	if !report.Trigger.Known() {
		report.Status = "ON_HOLD"
	}
	stream := randomStream(r)
	w := command.Webhook{App: stream.App, Session: stream.Session, Report: report}
	// Ids come again now and then, with other bytes.
	w.Delivery = delivered(fmt.Sprint(i-r.IntN(20)/19), fmt.Sprint(i), eventlog.Request{}).Delivery
	return w
}

func randomStream(r *rand.Rand) eventlog.Stream {
	return eventlog.Stream{App: pick[kyc.App](r, "a", "a-b"), Session: kyc.SessionID(fmt.Sprint(r.IntN(12)))}
}

// provider shows of each session whatever comes to its mind.
type provider struct{ r *rand.Rand }

// Overview implements what [command.ReconcileSession] asks.
func (p provider) Overview(context.Context, kyc.App, kyc.SessionID, kyc.Kind) (kyc.Snapshot, error) {
	if p.r.IntN(6) == 0 {
		return kyc.Snapshot{Unknown: true}, nil
	}
	status := func() string { return pick(p.r, append(kyc.Statuses(), kyc.Status{})...).String() }
	s := kyc.Snapshot{Status: status()}
	for _, id := range []kyc.StepID{"1", "2", "'3'", "4"} {
		s.Steps = append(s.Steps, kyc.ObservedStep{StepID: id, Service: pick[kyc.Service](p.r, "", "AML"), Status: status()})
	}
	return s, nil
}

func sessionsAreFold(ctx context.Context, s Store, events []eventlog.Recorded) error {
	folded := map[eventlog.Stream]*kyc.Session{}
	for _, e := range events {
		if folded[e.Stream] == nil {
			folded[e.Stream] = kyc.NewSession()
		}
		folded[e.Stream].Apply(e.Event, e.Mark())
	}
	var errs []error
	for stream, session := range folded {
		row, found, err := s.FindSession(ctx, stream)
		wanted := projection.NewSession(stream, session, kyc.Rules{})
		errs = append(errs, err, holds(found, "there is no row of %s", stream.Key()), same("row of "+stream.Key(), row, wanted))
	}
	return errors.Join(errs...)
}

// flagsAreFold folds flags in its own way, to what matters of them.
func flagsAreFold(ctx context.Context, s Store, events []eventlog.Recorded) error {
	wanted := map[int64]string{}
	for _, e := range events {
		switch event := e.Event.(type) {
		case kyc.TransitionFlagged:
			wanted[e.Position] = fmt.Sprint("open ", event.Violation, event.StepID, event.Reason)
		case kyc.ContractViolated:
			wanted[e.Position] = fmt.Sprint("open ", event.Violation, event.StepID)
		case kyc.WebhookDiscarded:
			if event.Violation != (kyc.Violation{}) {
				wanted[e.Position] = fmt.Sprint("open ", event.Violation, event.StepID, event.Reason)
			}
		case kyc.FlagResolved:
			wanted[event.Flag] = fmt.Sprint(event.Resolution, event.By, event.Note, e.RecordedAt)
		}
	}
	flags, err := s.ListFlags(ctx, allFlags, math.MaxInt64, len(events))
	got := map[int64]string{}
	for _, f := range flags {
		if f.State == projection.FlagOpen {
			got[f.Position] = fmt.Sprint("open ", f.Violation, f.StepID, f.Reason)
			continue
		}
		resolution := map[projection.FlagState]kyc.Resolution{
			projection.FlagAccepted: kyc.ResolvedAccept, projection.FlagDismissed: kyc.ResolvedDismiss,
			projection.FlagHealed: kyc.ResolvedHealed, projection.FlagSuperseded: kyc.ResolvedSuperseded,
			projection.FlagReconciled: kyc.ResolvedReconciled,
		}[f.State]
		got[f.Position] = fmt.Sprint(resolution, f.ResolvedBy, f.Note, f.ResolvedAt)
	}
	return errors.Join(err, same("flags", got, wanted), holds(len(flags) > 20, "only %d flags were raised", len(flags)))
}
