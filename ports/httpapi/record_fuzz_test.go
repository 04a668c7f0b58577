package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"dossier/application/accesslog"
)

// FuzzRecord lets an auditor ask for anything: whatever is recorded, every
// database can hold, so that nobody is locked out by what he asked for.
func FuzzRecord(f *testing.F) {
	for _, id := range []string{string(session), "\x00", "\xff", "a/b", "猫", strings.Repeat("猫", 300), strings.Repeat("\xff", 600)} {
		f.Add("default", id, "version=1")
		f.Add(id, "x", "cursor="+url.QueryEscape(id)+"&limit=1&"+url.QueryEscape(id)+"=x")
	}
	service := newService(f)
	f.Fuzz(func(t *testing.T, app, id, query string) {
		if values, _ := url.ParseQuery(query); values.Has("min_position") {
			t.Skip() // it may wait
		}
		s := service.in(t)
		escape := func(part string) string { return strings.ReplaceAll(url.PathEscape(part), ".", "%2E") }
		for _, path := range []string{"/v1/sessions/" + escape(app) + "/" + escape(id), "/v1/flags"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.URL.RawQuery = query
			r.Header.Set("Authorization", "Bearer auditor")
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		for _, e := range s.access.take() {
			for _, text := range []string{string(e.App), string(e.Session), e.Detail} {
				if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
					t.Errorf("%q can't be stored", text)
				}
			}
			if max(len(e.App), len(e.Session)) > accesslog.MaxName || len(e.Detail) > accesslog.MaxDetail {
				t.Errorf("%d, %d and %d bytes", len(e.App), len(e.Session), len(e.Detail))
			}
		}
	})
}
