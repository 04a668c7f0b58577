package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// FuzzPath asks for any session: what can be stored is found under its own
// name, and nothing makes the service fail.
func FuzzPath(f *testing.F) {
	for _, id := range []string{string(session), "a/b", "..", "%2F", "\x00", "\xff", "", "猫", "a\r\nb", strings.Repeat("x", 600)} {
		f.Add("default", id)
	}
	f.Add("NO", "x")
	f.Add("default/x", "y?z#")
	service := newService(f)
	f.Fuzz(func(t *testing.T, app, id string) {
		s := service.in(t)
		_, err := kyc.ParseApp(app)
		possible := err == nil && id != "" && id != "/" && utf8.ValidString(id) &&
			!strings.Contains(id, "\x00") && len(id) <= eventlog.MaxSessionID
		if possible {
			s.store.append(eventlog.Stream{App: kyc.App(app), Session: kyc.SessionID(id)}, pending("1"))
		}
		escape := func(part string) string { return strings.ReplaceAll(url.PathEscape(part), ".", "%2E") }
		path := "/v1/sessions/" + escape(app) + "/" + escape(id)
		a := s.get("reader", path)
		switch {
		case !possible:
			a.is(404)
		case a.is(200).json()["session_id"] != id:
			t.Errorf("asked for %q, got %v", id, a.json()["session_id"])
		}
		s.get("reader", path+"/events").is(a.Code)
		if len(id) > 8 && strings.Contains(s.log.String(), id) && !strings.Contains("default", id) {
			t.Errorf("%q was logged", id)
		}
	})
}

// FuzzQuery sends any query: it is answered or refused, never an internal
// error.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"limit=1", "limit", "cursor=AQ", "version=1&as_of=2026-01-01T00:00:00Z", "a=%", "flagged=true&flagged=false",
		"updated_after=9999-12-31T23:59:59.999999999Z", "&&=&=;", "wait=1ns",
	} {
		f.Add(query)
	}
	service := newService(f)
	f.Fuzz(func(t *testing.T, query string) {
		if values, _ := url.ParseQuery(query); values.Has("min_position") {
			t.Skip() // it may wait
		}
		s := service.in(t)
		s.store.append(stream(), regressed("1"))
		for _, path := range append(modelPaths(), "/v1/events", sessionPath+"/events") {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.URL.RawQuery = query
			r.Header.Set("Authorization", "Bearer admin")
			a := answer{httptest.NewRecorder(), t}
			s.ServeHTTP(a, r)
			if a.Code != 200 && a.Code != 404 && a.Code != 422 {
				t.Errorf("%s?%s: %d", path, query, a.Code)
			}
		}
	})
}

// FuzzRuling sends any body.
func FuzzRuling(f *testing.F) {
	for _, body := range []string{
		`{"decision":"accept","note":"x"}`, `{"decision":"dismiss","note":" "}`, `{`, `[]`, `null`, "\xff", `{"note":"\ud800"}`,
		`{"Decision":"accept","NOTE":"x","note":"y"}`,
	} {
		f.Add(body)
	}
	service := newService(f)
	f.Fuzz(func(t *testing.T, body string) {
		s := service.in(t)
		s.store.append(stream(), regressed("1"))
		a := s.decide("reviewer", 1, body)
		if wrote := len(s.store.events) > 1; wrote != (a.Code == 200) {
			t.Errorf("%q: status %d, written: %v", body, a.Code, wrote)
		}
		if a.Code >= 500 {
			t.Errorf("%q: status %d", body, a.Code)
		}
	})
}
