package problem_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// The types are compared by other programs: a change here breaks them.
func TestEachKnownErrorHasItsProblem(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		slug   string
	}{
		{eventlog.ErrBusy, 503, "log-busy"},
		{eventlog.ErrBehind, 503, "stale-database"},
		{projection.ErrAhead, 503, "read-model-ahead"},
		{eventlog.ErrUnavailable, 503, "log-unavailable"},
		{eventlog.ErrOutcomeUnknown, 503, "outcome-unknown"},
		{eventlog.ErrNotReplicated, 503, "not-replicated"},
		{eventlog.ErrClosed, 503, "shutting-down"},
		{eventlog.ErrUnstorable, 400, "unstorable"},
		{command.ErrFlagNotFound, 404, "flag-not-found"},
		{kyc.ErrFlagNotOpen, 409, "flag-not-open"},
		{kyc.ErrNoteRequired, 422, "note-required"},
		{command.ErrRestless, 503, "session-restless"},
		{command.ErrStepNotFound, 404, "step-not-found"},
		{command.ErrPurposeRequired, 422, "purpose-required"},
		{reconcile.ErrNotFound, 404, "step-not-found"},
		{reconcile.ErrNoKey, 409, "no-provider-key"},
		{reconcile.ErrRefused, 502, "provider-refused"},
		{reconcile.ErrAnswer, 502, "provider-answer"},
		{reconcile.ErrUnavailable, 503, "provider-unavailable"},
		{&reconcile.Unavailable{Status: 500}, 503, "provider-unavailable"},
		{context.Canceled, 503, "interrupted"},
		{context.DeadlineExceeded, 503, "interrupted"},
		{problem.Internal, 500, "internal"},
		{problem.Unauthorized, 401, "unauthorized"},
		{problem.Forbidden, 403, "forbidden"},
		{problem.NotFound, 404, "not-found"},
		{problem.MethodNotAllowed, 405, "method-not-allowed"},
		{problem.BodyTooLarge, 413, "body-too-large"},
	} {
		for _, err := range []error{c.err, fmt.Errorf("append: %w", c.err), errors.Join(errors.New("first"), c.err)} {
			if p := problem.Of(err); p.Type != c.slug || p.Status != c.status || p.Title == "" {
				t.Errorf("%v: %d %s %q, want %d %s", err, p.Status, p.Type, p.Title, c.status, c.slug)
			}
		}
	}
}

func TestOfAnythingElseNothingIsTold(t *testing.T) {
	p := problem.Of(errors.New("the session 2ac3f7ab-3729 and its secret"))
	if p != problem.Internal || strings.Contains(p.Error(), "2ac3f7ab") {
		t.Errorf("an unexpected error is told as %+v", p)
	}
}

// A caller that may try again must be told when.
func TestWhatIsUnavailableCarriesRetryAfter(t *testing.T) {
	for _, err := range []error{
		eventlog.ErrBusy, eventlog.ErrUnavailable, eventlog.ErrOutcomeUnknown, eventlog.ErrNotReplicated, eventlog.ErrClosed, context.Canceled,
		command.ErrRestless, reconcile.ErrUnavailable,
	} {
		w := httptest.NewRecorder()
		problem.Of(err).Write(w)
		if got := w.Header().Get("Retry-After"); w.Code != http.StatusServiceUnavailable || got != "1" {
			t.Errorf("%v: status %d, Retry-After %q", err, w.Code, got)
		}
	}
}

// A provider that says when to come again is believed, in whole seconds.
func TestRetryAfterIsTheProvidersIfThatIsLonger(t *testing.T) {
	for asked, want := range map[time.Duration]string{
		0: "1", 200 * time.Millisecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", 7 * time.Second: "7", 90 * time.Second: "90",
	} {
		w := httptest.NewRecorder()
		problem.Of(fmt.Errorf("ask: %w", &reconcile.Unavailable{Status: 429, RetryAfter: asked})).Write(w)
		if got := w.Header().Get("Retry-After"); w.Code != http.StatusServiceUnavailable || got != want {
			t.Errorf("%v: status %d, Retry-After %q, want %q", asked, w.Code, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	w := httptest.NewRecorder()
	problem.Problem{Type: "a-type", Title: "A title", Status: 418, RetryAfter: 90 * time.Second}.With("a detail").Write(w)
	if w.Code != 418 {
		t.Errorf("status %d", w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/problem+json", "Cache-Control": "no-store", "Retry-After": "90",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if want := `{"type":"a-type","title":"A title","status":418,"detail":"a detail"}`; strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("body %s, want %s", w.Body, want)
	}
}

func TestWriteLeavesOutWhatIsEmpty(t *testing.T) {
	w := httptest.NewRecorder()
	problem.NotFound.Write(w)
	var members map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &members); err != nil {
		t.Fatal(err)
	}
	if _, ok := members["detail"]; ok || len(members) != 3 || w.Header().Get("Retry-After") != "" {
		t.Errorf("body %s, headers %v", w.Body, w.Header())
	}
}

func TestWithLeavesTheOriginalAlone(t *testing.T) {
	detailed := problem.NotFound.With("no session of that name")
	if detailed.Error() != "Not found: no session of that name" || problem.NotFound.Error() != "Not found" {
		t.Errorf("errors %q and %q", detailed, problem.NotFound)
	}
}
