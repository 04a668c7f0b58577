package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

func TestUnknownPathsAndMethodsAreProblems(t *testing.T) {
	s := newService(t)
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v2/sessions", "/v1/sessions/", "/v1/sessions/default", "/v1/sessions/default/",
		sessionPath + "/", sessionPath + "/events/1", "/v1/flags/1", "/metrics", "/favicon.ico", "/docs/", "/docs/README.md",
		"/docs/..%2Fdocs.go", "/v1//sessions", "/v1/sessions/default//events", "/v1/sessions/default/../x", "/./healthz",
	} {
		s.get("admin", path).problem(404, "not-found")
	}
	for path, allow := range map[string]string{
		"/v1/sessions": "GET, HEAD", sessionPath: "GET, HEAD", "/v1/flags/1/resolution": "POST",
		sessionPath + "/reconcile": "POST", detailsPath: "GET, HEAD",
		"/healthz": "GET, HEAD", "/openapi.json": "GET, HEAD", "/docs": "GET, HEAD",
	} {
		for _, method := range []string{http.MethodDelete, http.MethodOptions, http.MethodPatch} {
			a := s.do("admin", method, path, "")
			a.problem(405, "method-not-allowed")
			if a.Header().Get("Allow") != allow {
				t.Errorf("%s: Allow %q", path, a.Header().Get("Allow"))
			}
		}
	}
}

func TestParametersAreValidated(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	for path, queries := range map[string][]string{
		"/v1/sessions": {
			"limit=0", "limit=501", "limit=x", "limit=-1", "status=approved", "status=STEPS", "kind=person", "flagged=maybe",
			"app=UPPER", "app=a/b", "updated_after=now", "updated_before=2026", "service=" + strings.Repeat("x", 201), "service=%00",
		},
		"/v1/flags":             {"limit=0", "limit=501", "state=closed", "violation=none", "severity=1", "app=%20"},
		"/v1/events":            {"limit=0", "limit=1001", "after=-1", "after=x", "app=UPPER", "type=A", "type=a%00b", "type=" + strings.Repeat("a", 101)},
		sessionPath + "/events": {"limit=0", "limit=1001", "after_version=-1", "after_version=x"},
		sessionPath:             {"version=x", "as_of=x"},
		detailsPath:             {"purpose=" + strings.Repeat("x", 501), "purpose=%00", "purpose=%FF"},
		"/v1/projections":       {"name=sessions"},
	} {
		for _, query := range append(queries, "unknown=1", "limit=1&limit=2", "limit", "app=%zz", "app=a;b=c") {
			p := s.get("admin", path+"?"+query).problem(422, "invalid-request")
			if p["errors"] == nil && p["detail"] == nil {
				t.Errorf("%s?%s: nothing says what is wrong: %v", path, query, p)
			}
		}
	}
}

func TestAnInvalidFieldIsNamed(t *testing.T) {
	s := newService(t)
	for path, want := range map[string]string{
		"/v1/sessions?limit=x":                 `"field":"query.limit"`,
		"/v1/sessions?status=x":                `"field":"query.status"`,
		"/v1/sessions?updated_after=x":         `"field":"query.updated_after"`,
		"/v1/sessions?wait=1h":                 "a duration from 0s to 30s is expected",
		sessionPath + "?as_of=2026":            "2026-01-31T12:00:00Z (write + as %2B)",
		sessionPath + "?version=0":             `"field":"query.version"`,
		"/v1/flags?severity=x":                 "low, medium, high",
		"/v1/events?" + string(session) + "=1": `"field":"query"`,
	} {
		a := s.get("admin", path)
		a.problem(422, "invalid-request")
		if !strings.Contains(a.Body.String(), want) {
			t.Errorf("%s: %s is not in %s", path, want, a.Body)
		}
	}
}

func TestOnlyJSONIsAnswered(t *testing.T) {
	s := newService(t)
	for accept, want := range map[string]int{
		"": 200, "*/*": 200, "application/json": 200, "application/*": 200, "APPLICATION/JSON": 200,
		"text/html, application/json;q=0.1": 200, "text/html,*/*;q=0.8": 200, "application/problem+json, */*": 200,
		"text/html": 406, "text/event-stream": 406, "application/json;q=0": 406, "application/json; q=0.0, text/plain": 406,
		"json": 406, "application/cbor": 406,
	} {
		for _, path := range []string{"/v1/events", "/healthz"} {
			if accept == "text/event-stream" && path == "/v1/events" {
				continue // which streams
			}
			a := s.get("admin", path, "Accept", accept).is(want)
			if want == 406 {
				a.problem(406, "not-acceptable")
			} else if a.Header().Get("Content-Type") != "application/json" {
				t.Errorf("Accept %q: %s", accept, a.Header().Get("Content-Type"))
			}
		}
	}
}

// panicking is a programmer's mistake.
type panicking struct{ value any }

func (p panicking) Handle(context.Context, kyc.Ruling) (eventlog.Receipt, error) { panic(p.value) }

func TestAPanicIsAnInternalError(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) { c.Resolve = panicking{"oh"} })
	s.decide("admin", 1, `{"decision":"accept","note":"x"}`).problem(500, "internal")
	if !strings.Contains(s.log.String(), `"error":"panic: a value of type string"`) {
		t.Errorf("logged %s", s.log.String())
	}
	s = newService(t, func(c *httpapi.Config) { c.Resolve = panicking{http.ErrAbortHandler} })
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("an aborted answer looks like a whole one")
		}
	}()
	s.decide("admin", 1, `{"decision":"accept","note":"x"}`)
}
