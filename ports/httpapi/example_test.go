package httpapi_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"dossier/application/access"
	"dossier/application/command"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// The API is a handler: what serves it, and beside what, is for its caller to
// say.
func Example() {
	store := newStore() // a log and its read models
	store.append(stream(), pending("1253242"))

	token, secret := access.NewToken("billing", access.Reader, time.Now())
	api := httpapi.New(httpapi.Config{
		Reads: query.New(query.Sources{
			Models: store, Log: store, Grown: &store.grown, Advanced: &store.advanced,
		}),
		Resolve:     command.NewResolveFlag(store, store, kyc.NewMachine(), kyc.RuleBook{}),
		Auth:        access.NewKeyring([]access.Token{token}, noTokens{}),
		AccessLog:   &ledger{},
		Proofs:      prover{},
		Evidence:    exporter{},
		Log:         http.NotFoundHandler(),
		LogEntries:  http.NotFoundHandler(),
		Projections: []string{projection.SessionsName, projection.FlagsName, projection.StatsName},
		SessionRef:  sessionref.Key{}.Of,
		Logger:      slog.New(slog.DiscardHandler),
		Version:     "1.0.0",
		Now:         time.Now,
	})

	call := httptest.NewRequest(http.MethodGet, "/v1/sessions/default/"+string(session)+"?min_position=1", nil)
	call.Header.Set("Authorization", "Bearer "+secret)
	answer := httptest.NewRecorder()
	api.ServeHTTP(answer, call)
	fmt.Println(answer.Code, "Dossier-Position:", answer.Header().Get("Dossier-Position"))
	fmt.Print(answer.Body)
	// Output:
	// 200 Dossier-Position: 1
	// {"app":"default","session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","kind":"individual","status":"PENDING_VERIFICATION","cycle":1,"version":1,"position":1,"opened_at":"2026-03-01T06:00:01.000250Z","updated_at":"2026-03-01T06:00:01.000250Z","open_flags":0,"session_status":"SUBMISSION_REQUIRED","steps":[{"step_id":"1253242","service":"PROOF_OF_ADDRESS","status":"PENDING_VERIFICATION","reason":"","submissions":1,"updated_at":"2026-03-01T06:00:01.000250Z"}]}
}
