package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/postgres"
	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// measureAppender measures the command behind the webhooks without HTTP: the
// state machine, the group commit and PostgreSQL.
func measureAppender(ctx context.Context, o options) (float64, error) {
	databaseURL, drop, err := freshDatabase(ctx, o.server)
	if err != nil {
		return 0, err
	}
	defer drop()
	if _, err := postgres.Migrate(ctx, databaseURL); err != nil {
		return 0, err
	}
	store, err := postgres.Open(ctx, databaseURL, sqlstore.Config{
		Logger: slog.New(slog.DiscardHandler), Meter: metrics.New("bench"), Now: time.Now,
	})
	if err != nil {
		return 0, err
	}
	defer store.Close()
	running, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { _ = store.Run(running) })
	defer background.Wait()
	defer stop()
	receive := command.NewReceiveWebhook(store, kyc.NewMachine(), kyc.RuleBook{})
	return appendFor(ctx, o, receive)
}

func appendFor(ctx context.Context, o options, receive command.ReceiveWebhook) (float64, error) {
	var count atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	errs := make(chan error, o.connections)
	for caller := range o.connections {
		wait.Go(func() {
			for number := 0; time.Since(start) < o.duration; number++ {
				if _, err := receive.Handle(ctx, webhook(caller, number)); err != nil {
					errs <- err
					return
				}
				count.Add(1)
			}
		})
	}
	wait.Wait()
	close(errs)
	return float64(count.Load()) / time.Since(start).Seconds(), <-errs
}

// webhook is the same traffic as that of load.compose.
func webhook(caller, number int) command.Webhook {
	const steps = 4
	session, turn := number/(2*steps), number%(2*steps)
	trigger := kyc.ReportPendingVerification
	if turn%2 == 1 {
		trigger = kyc.ReportApproved
	}
	delivery := fmt.Sprintf("evt_%08x%08x", caller, number)
	payload := fmt.Sprintf(`{"reason":"","service":"ID_DOCUMENT","session_id":"%08x-3729-f968-3f55-%08x","status":"%s","step_id":"%d"}`,
		session, caller, trigger, 1253242+turn/2)
	return command.Webhook{
		App: kyc.DefaultApp, Session: kyc.SessionID(fmt.Sprintf("%08x-3729-f968-3f55-%08x", session, caller)),
		Report:   kyc.Report{StepID: kyc.StepID(fmt.Sprint(1253242 + turn/2)), Service: "ID_DOCUMENT", Trigger: trigger, Attempt: 1},
		Delivery: &eventlog.Delivery{ID: delivery},
		Metadata: eventlog.Metadata{DeliveryID: delivery, Attempt: 1, AttemptTrigger: "INITIAL", Payload: payload},
	}
}
