package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/pubsub"
	"dossier/adapters/sqlite"
	"dossier/domain/kyc"
)

// A service opens an account when a session is approved: the session, not one of
// its steps.
func Example() {
	folder, err := os.MkdirTemp("", "dossier")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	databaseURL := recorded(filepath.Join(folder, "dossier.db"))

	subscriber, err := pubsub.Open(context.Background(), databaseURL, pubsub.Config{Group: "accounts"})
	if err != nil {
		log.Fatal(err)
	}
	defer subscriber.Close()
	messages, err := subscriber.Subscribe(context.Background(), pubsub.Topic)
	if err != nil {
		log.Fatal(err)
	}
	rules := kyc.Rules{Required: []kyc.Service{"LIVENESS", "ID_DOCUMENT"}}
	for msg := range messages {
		approved, err := openAccountIfApproved(subscriber, msg, rules)
		if err != nil {
			log.Print(err)
			msg.Nack()
			continue
		}
		msg.Ack()
		if approved {
			break
		}
	}
	// Output:
	// 1 kyc.status_changed.v1 PENDING_VERIFICATION: the session is PENDING_VERIFICATION
	// 2 kyc.status_changed.v1 APPROVED: the session is STEPS_APPROVED
	// 3 kyc.status_changed.v1 PENDING_VERIFICATION: the session is PENDING_VERIFICATION
	// 4 kyc.status_changed.v1 APPROVED: the session is APPROVED
}

func openAccountIfApproved(s *pubsub.Subscriber, msg *message.Message, rules kyc.Rules) (bool, error) {
	event, err := pubsub.Decode(msg)
	if errors.Is(err, pubsub.ErrUnknownType) {
		return false, nil // a later version of Dossier knows more than we need
	}
	if err != nil {
		return false, err
	}
	changed, ok := event.Data.(kyc.StatusChanged)
	if !ok {
		return false, nil
	}
	session, err := s.Session(msg.Context(), event)
	if err != nil {
		return false, err
	}
	overall := session.Overall(rules)
	fmt.Printf("%d %s %s: the session is %s\n", event.Position, event.Type, changed.To, overall)
	return overall == kyc.OverallApproved, nil
}

// recorded makes a database in which the steps of a session were approved.
func recorded(path string) (databaseURL string) {
	ctx := context.Background()
	if _, err := sqlite.Migrate(ctx, path); err != nil {
		log.Fatal(err)
	}
	databaseURL = "sqlite:" + path
	receive, stop := receiving(databaseURL)
	defer stop()
	for _, report := range []kyc.Report{
		{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification},
		{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved},
		{StepID: "2", Service: "ID_DOCUMENT", Trigger: kyc.ReportPendingVerification},
		{StepID: "2", Service: "ID_DOCUMENT", Trigger: kyc.ReportApproved},
	} {
		receive(report)
	}
	return databaseURL
}
