package httpapi_test

import (
	"testing"

	"dossier/application/access"
	"dossier/ports/httpapi"
)

func TestWhoMayDoWhat(t *testing.T) {
	service := newService(t)
	for _, c := range []struct {
		method, path                     string
		reader, reviewer, auditor, admin int
	}{
		{"GET", "/v1/sessions", 200, 200, 200, 200},
		{"GET", sessionPath, 200, 200, 200, 200},
		{"GET", sessionPath + "?version=1", 200, 200, 200, 200},
		{"GET", sessionPath + "/events", 200, 200, 200, 200},
		{"GET", "/v1/events", 200, 200, 200, 200},
		{"GET", "/v1/projections", 200, 200, 200, 200},
		{"GET", "/v1/stats", 200, 200, 200, 200},
		{"GET", "/v1/access-log", 403, 403, 403, 200},
		{"GET", "/v1/flags", 403, 200, 200, 200},
		{"POST", "/v1/flags/1/resolution", 403, 200, 403, 200},
		{"POST", sessionPath + "/reconcile", 403, 200, 403, 200},
		{"GET", detailsPath + "?purpose=x", 403, 200, 200, 200},
	} {
		for role, want := range map[string]int{
			"reader": c.reader, "reviewer": c.reviewer, "auditor": c.auditor, "admin": c.admin, "": 401, "stranger": 401,
		} {
			s := service.in(t)
			s.store.append(stream(), regressed("1"))
			a := s.do(role, c.method, c.path, `{"decision":"accept","note":"x"}`)
			switch want {
			case 401:
				a.problem(401, "unauthorized")
			case 403:
				a.problem(403, "forbidden")
			default:
				a.is(want)
			}
		}
	}
}

func TestPublicPagesNeedNoToken(t *testing.T) {
	s := newService(t)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/docs", "/docs/start.js"} {
		s.get("", path).is(200)
	}
}

func TestARefusalComesBeforeEverythingElse(t *testing.T) {
	s := newService(t)
	s.get("", "/v1/sessions?limit=x").problem(401, "unauthorized")
	s.get("stranger", "/v1/sessions/default/unknown").problem(401, "unauthorized")
	s.do("reader", "POST", "/v1/flags/x/resolution", "{").problem(403, "forbidden")
}

func TestTokensAreReadFromTheHeader(t *testing.T) {
	s := newService(t)
	for header, want := range map[string]int{
		"Bearer reader": 200, "bearer reader": 200, "BEARER   reader ": 200,
		"Bearer": 401, "Bearer ": 401, "reader": 401, "Basic reader": 401, "Bearer Reader": 401, "Bearer reader x": 401,
	} {
		a := s.get("", "/v1/projections", "Authorization", header).is(want)
		if challenge := a.Header().Get("WWW-Authenticate"); (want == 401) != (challenge != "") {
			t.Errorf("%q: WWW-Authenticate %q", header, challenge)
		}
	}
	if got := s.get("", "/v1/projections").Header().Get("WWW-Authenticate"); got != `Bearer realm="dossier"` {
		t.Error(got)
	}
	if got := s.get("unknown", "/v1/projections").Header().Get("WWW-Authenticate"); got != `Bearer realm="dossier", error="invalid_token"` {
		t.Error(got)
	}
}

func TestAnAbsentTokenStoreIsNoRefusal(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) { c.Auth = access.NewKeyring(tokens(), lostTokens{}) })
	a := s.get("one that may be stored", "/v1/sessions")
	a.problem(503, "unavailable")
	if a.Header().Get("Retry-After") != "1" || a.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("headers %v", a.Header())
	}
	s.get("", "/v1/sessions").problem(401, "unauthorized")
	s.get("reader", "/v1/sessions").is(200) // of the configuration: no store is needed
	s.get("", "/healthz").is(200)
}
