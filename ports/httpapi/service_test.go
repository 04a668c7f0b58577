package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dossier/application/access"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// The people and things of the tests.
const (
	session = kyc.SessionID("2ac3f7ab-3729-f968-3f55-aa47e881")
	address = kyc.Service("PROOF_OF_ADDRESS")
)

func stream() eventlog.Stream { return eventlog.Stream{App: "default", Session: session} }

// dawn is when the first event is recorded.
func dawn() time.Time { return time.Date(2026, 3, 1, 6, 0, 1, 250_000, time.UTC) }

// service is the API over a store in memory. The token of each role is its
// name.
type service struct {
	t      testing.TB
	store  *store
	synaps *synaps
	access *ledger
	log    *bytes.Buffer
	spec   description
	http.Handler
}

func newService(t testing.TB, change ...func(*httpapi.Config)) *service {
	s := &service{t: t, store: newStore(), synaps: &synaps{}, access: &ledger{}, log: &bytes.Buffer{}}
	cfg := httpapi.Config{
		Reads: query.New(query.Sources{
			Models: s.store, Log: s.store, Grown: &s.store.grown, Advanced: &s.store.advanced,
		}),
		Resolve:     command.NewResolveFlag(s.store, s.store, kyc.NewMachine(), kyc.RuleBook{}),
		Reconcile:   command.NewReconcileSession(s.store, s.store, s.synaps, kyc.NewMachine(), kyc.RuleBook{}),
		Details:     s.synaps,
		Accesses:    command.NewAccessDetails(s.store, kyc.RuleBook{}),
		Auth:        access.NewKeyring(tokens(), noTokens{}),
		AccessLog:   s.access,
		Proofs:      prover{},
		Evidence:    exporter{},
		Log:         http.NotFoundHandler(),
		LogEntries:  http.NotFoundHandler(),
		Projections: []string{projection.SessionsName, projection.FlagsName, projection.StatsName},
		SessionRef:  sessionref.Key{}.Of,
		Logger:      slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Version:     "test",
		Now:         dawn,
	}
	for _, f := range change {
		f(&cfg)
	}
	s.Handler = httpapi.New(cfg)
	s.spec = describe(t)
	return s
}

// in returns the service for a test within a test, with nothing in it yet:
// fuzzing makes far more of them than services can be made.
func (s *service) in(t *testing.T) *service {
	s.store.reset()
	*s.synaps = synaps{}
	s.access.take()
	s.log.Reset()
	inner := *s
	inner.t = t
	return &inner
}

func tokens() (all []access.Token) {
	for _, role := range access.Roles() {
		all = append(all, access.TokenOf(role.String()+"-1", role, role.String(), dawn()))
	}
	return all
}

// noTokens is a store that has none.
type noTokens struct{}

func (noTokens) Tokens(context.Context) ([]access.Token, error) { return nil, nil }

// lostTokens is a store that is away.
type lostTokens struct{}

func (lostTokens) Tokens(context.Context) ([]access.Token, error) {
	return nil, errors.New("connection refused")
}

// newServer serves the API on a port of its own.
func newServer(t *testing.T, s *service) *httptest.Server {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

// answer is what a call got.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// get calls as a role.
func (s *service) get(role, path string, headers ...string) answer {
	return s.do(role, http.MethodGet, path, "", headers...)
}

// getIn is get in a context.
func (s *service) getIn(ctx context.Context, role, path string) answer {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+role)
	a := answer{httptest.NewRecorder(), s.t}
	s.ServeHTTP(a, r)
	return a
}

// do calls as a role, with headers given as name and value in turns, and checks
// what every answer must keep to.
func (s *service) do(role, method, path, body string, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+role)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a := answer{httptest.NewRecorder(), s.t}
	s.ServeHTTP(a, r)
	a.keepsPromises(r)
	s.spec.check(s.t, r, a)
	return a
}

// keepsPromises checks what is true of every answer.
func (a answer) keepsPromises(r *http.Request) {
	a.t.Helper()
	if a.Header().Get("X-Content-Type-Options") != "nosniff" {
		a.t.Errorf("%s %s: no nosniff", r.Method, r.Pattern)
	}
	if a.Header().Get("Cache-Control") == "" {
		a.t.Errorf("%s %s: no Cache-Control", r.Method, r.Pattern)
	}
	if len(a.Header()["Access-Control-Allow-Origin"]) > 0 {
		a.t.Errorf("%s %s: CORS", r.Method, r.Pattern)
	}
	if a.Code < 400 || r.URL.Path == "/readyz" {
		return
	}
	if got := a.Header().Get("Content-Type"); got != "application/problem+json" {
		a.t.Errorf("%s %s: a %d of type %q", r.Method, r.Pattern, a.Code, got)
	}
	if strings.Contains(a.Body.String(), string(session)) {
		a.t.Errorf("%s %s: the problem repeats the session id: %s", r.Method, r.Pattern, a.Body)
	}
}

// is checks the status.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// problem checks the status and the type of a problem.
func (a answer) problem(status int, slug string) map[string]any {
	a.t.Helper()
	a.is(status)
	p := a.json()
	if p["type"] != slug || p["status"] != float64(status) || p["title"] == "" {
		a.t.Errorf("problem %s, want the type %s", a.Body, slug)
	}
	return p
}

// position checks the header Dossier-Position.
func (a answer) position(want string) answer {
	a.t.Helper()
	if got := a.Header().Get("Dossier-Position"); got != want {
		a.t.Errorf("Dossier-Position %q, want %q", got, want)
	}
	return a
}

// json reads the body.
func (a answer) json() map[string]any {
	a.t.Helper()
	var body map[string]any
	if err := json.Unmarshal(a.Body.Bytes(), &body); err != nil {
		a.t.Fatalf("%v in %s", err, a.Body)
	}
	return body
}

// equals checks the body against JSON text, whitespace aside.
func (a answer) equals(want string) {
	a.t.Helper()
	var w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		a.t.Fatal(err)
	}
	if diff := cmp.Diff(w, a.json()); diff != "" {
		a.t.Errorf("body (-want +got):\n%s", diff)
	}
}

// list returns one member of each element of a list in the body.
func (a answer) list(list, member string) (values []any) {
	a.t.Helper()
	elements, ok := a.json()[list].([]any)
	if !ok {
		a.t.Fatalf("%s is no list in %s", list, a.Body)
	}
	for _, e := range elements {
		values = append(values, e.(map[string]any)[member])
	}
	return values
}

// pending is a step that got a document.
func pending(step kyc.StepID) kyc.Event {
	return kyc.StatusChanged{
		StepID: step, Service: address, Trigger: kyc.ReportPendingVerification,
		From: kyc.SubmissionRequired, To: kyc.PendingVerification, Cause: kyc.CauseReported,
	}
}

// approved is a step whose document was approved.
func approved(step kyc.StepID) kyc.Event {
	return kyc.StatusChanged{
		StepID: step, Service: address, Trigger: kyc.ReportApproved,
		From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseReported,
	}
}

// regressed is a forbidden move that was held.
func regressed(step kyc.StepID) kyc.Event {
	return kyc.TransitionFlagged{
		StepID: step, Service: address, Violation: kyc.Regression, Severity: kyc.SeverityHigh,
		From: kyc.Approved, Attempted: kyc.ReportPendingVerification, Reason: "again",
	}
}

// unreasoned is a breach of the provider's contract.
func unreasoned(step kyc.StepID) kyc.Event {
	return kyc.ContractViolated{StepID: step, Service: address, Violation: kyc.MissingReason, Severity: kyc.SeverityLow}
}
