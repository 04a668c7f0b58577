package httpapi_test

import (
	"errors"
	"strings"
	"testing"

	"dossier/application/access"
	"dossier/application/sessionref"
	"dossier/ports/httpapi"
)

// everything makes calls of every kind, good and bad, about one session.
func (s *service) everything() {
	id := string(session)
	s.store.append(stream(), pending("1"), approved("1"), regressed("1"))
	for _, role := range []string{"admin", "reader", "", "dossier_a-secret-token"} {
		for _, path := range append(modelPaths(), logPaths()...) {
			s.get(role, path)
			s.get(role, with(path, "min_position=99&wait=0s"))
			s.get(role, with(path, "cursor="+id))
			s.get(role, with(path, id+"=x&limit="+id))
			s.get(role, with(path, "app=%zz"+id))
			s.do(role, "DELETE", path, id)
			s.get(role, path, "Accept", "text/"+id)
		}
		s.get(role, "/v1/sessions/default/unknown-"+id)
		s.get(role, "/v1/sessions//"+id)
		s.get(role, "/"+id)
		s.get(role, "/docs/"+id)
		s.decide(role, id, `{"decision":"`+id+`","note":"`+id+`"}`)
		s.decide(role, 3, `{"decision":"accept","note":"`+id+`"}`)
		s.decide(role, 3, `{"decision":"accept","note":"`+id+`"`)
		s.decide(role, 3, id, "Content-Type", id)
		s.do(role, "POST", sessionPath+"/reconcile", id)
		s.do(role, "POST", "/v1/sessions/default/unknown-"+id+"/reconcile?"+id+"=x", "")
		s.get(role, detailsPath+"?purpose="+id)
		s.get(role, detailsPath, "Dossier-Purpose", id)
		s.get(role, detailsPath+"?purpose="+id, "Dossier-Purpose", id)
		s.get(role, sessionPath+"/steps/"+id+"/details?purpose="+id)
	}
}

func TestNeitherSessionsNorTokensAreLogged(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) {
		tokens := append(tokens(), access.TokenOf("ops", access.Admin, "dossier_a-secret-token", dawn()))
		c.Auth = access.NewKeyring(tokens, noTokens{})
	})
	s.everything()
	s.store.fault = errors.New("pq: no row for " + string(session))
	s.get("admin", sessionPath).problem(500, "internal")
	s.get("admin", sessionPath+"/events").problem(500, "internal")
	logged := s.log.String()
	for _, secret := range []string{string(session), "dossier_a-secret-token", "2ac3f7ab"} {
		if at := strings.Index(logged, secret); at >= 0 {
			t.Errorf("%s was logged: %s", secret, logged[max(0, at-200):at+60])
		}
	}
	for _, want := range []string{
		`"route":"GET /v1/sessions/{app}/{session_id}"`, `"route":"none"`, `"caller":"ops"`, `"caller":"reader-1"`, `"status":404`,
		`"session_ref":"` + sessionref.Key{}.Of("default", session) + `"`, `"error":"pq: no row for [private]"`,
	} {
		if !strings.Contains(logged, want) {
			t.Errorf("%s was not logged", want)
		}
	}
}

func TestAPanicDoesNotLogTheSession(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	s.store.panics = "index out of range in " + string(session)
	s.get("reader", sessionPath).problem(500, "internal")
	if strings.Contains(s.log.String(), string(session)) {
		t.Errorf("logged %s", s.log.String())
	}
	if !strings.Contains(s.log.String(), `"error":"panic: a value of type string"`) {
		t.Errorf("the panic was not logged: %s", s.log.String())
	}
}
