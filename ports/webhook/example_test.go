package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"dossier/application/command"
	"dossier/domain/kyc"
	"dossier/ports/webhook"
)

// firstEver stands for the command that records webhooks.
type firstEver struct{}

func (firstEver) Handle(_ context.Context, w command.Webhook) (command.Receipt, error) {
	fmt.Println("received", w.Report.Trigger, "of step", w.Report.StepID)
	return command.Receipt{Outcome: kyc.Applied, Position: 1, Version: 1, Last: 1}, nil
}

func ExampleNew() {
	handler, err := webhook.New(webhook.Config{
		Secrets:    map[kyc.App][]string{kyc.DefaultApp: {"from the Synaps manager"}},
		Receiver:   firstEver{},
		SessionRef: func(kyc.App, kyc.SessionID) string { return "a keyed hash" },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle(webhook.Path, handler)
	mux.Handle(webhook.Path+"/{app}", handler)

	body := `{"session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","status":"PENDING_VERIFICATION","step_id":1253242}`
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodPost,
		"/webhooks/synaps?secret=from+the+Synaps+manager", strings.NewReader(body)))
	fmt.Println(answer.Code, answer.Body)
	// Output:
	// received PENDING_VERIFICATION of step 1253242
	// 200 {"outcome":"applied","position":1,"version":1}
}
