package synaps

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// hostile are names that would like to be more than one part of a path.
func hostile() []string {
	return []string{"a/b", "a?b=c", "a#b", "a%2Fb", "a%b", "a b", "a;b", "é", "//", "a\\b", "...", "a..b", "a\nb", "a\x00b", "\xff", "a&b+c"}
}

// A server finds each name in its place, as it is.
func TestNamesStayInTheirPlace(t *testing.T) {
	var seen []string
	var query string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen, query = strings.Split(r.URL.EscapedPath(), "/"), r.URL.RawQuery
		answering(http.StatusOK, asJSON, `{}`)(w, r)
	})
	c := client(t, s.URL+"/a%2Fb/v4/")
	names := hostile()
	for i, id := range names {
		step := names[(i+1)%len(names)]
		seen = nil
		_, err := c.Details(t.Context(), reconcile.DetailsRequest{App: kyc.DefaultApp, Session: kyc.SessionID(id), StepID: kyc.StepID(step)})
		if err != nil || len(seen) != 8 || query != "" {
			t.Fatalf("%q, %q: %q?%s, %v", id, step, seen, query, err)
		}
		for i, part := range []string{"", "a/b", "v4", "individual", "session", id, "step", step} {
			if got, err := url.PathUnescape(seen[i]); got != part || err != nil {
				t.Errorf("%q, %q: part %d is %q, %v", id, step, i, got, err)
			}
		}
	}
}

func TestNamesThatLeadElsewhereAreNotAskedFor(t *testing.T) {
	c := client(t, serve(t, func(http.ResponseWriter, *http.Request) { t.Error("one is asked for") }).URL)
	for _, name := range []string{"", ".", "..", "../x", "a/../b", "a/.", `..\x`, "/.."} {
		got, err := c.Overview(t.Context(), kyc.DefaultApp, kyc.SessionID(name), kyc.KindIndividual)
		if err != nil || !got.Unknown {
			t.Errorf("session %q: %v, %v", name, got, err)
		}
		for _, r := range []reconcile.DetailsRequest{
			{Session: kyc.SessionID(name), StepID: "1"}, {Session: "s", StepID: kyc.StepID(name)},
			{Session: "s", StepID: kyc.StepID(name), Service: kyc.Service(name), Kind: kyc.KindCorporate},
		} {
			r.App = kyc.DefaultApp
			if _, err := c.Details(t.Context(), r); !errors.Is(err, reconcile.ErrNotFound) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}

func TestWhereSessionsAndStepsAre(t *testing.T) {
	var asked []string
	c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		answering(http.StatusNotFound, asJSON, notFound)(w, r)
	}).URL+"/v4")
	for _, c := range []struct {
		ask  func() error
		want []string
	}{
		{func() error { _, err := c.Overview(t.Context(), kyc.DefaultApp, "s", kyc.KindUnknown); return err },
			[]string{"/v4/individual/session/s", "/v4/corporate/session/s"}},
		{func() error { _, err := c.Overview(t.Context(), kyc.DefaultApp, "s", kyc.KindIndividual); return err },
			[]string{"/v4/individual/session/s", "/v4/corporate/session/s"}},
		{func() error { _, err := c.Overview(t.Context(), kyc.DefaultApp, "s", kyc.KindCorporate); return err },
			[]string{"/v4/corporate/session/s", "/v4/individual/session/s"}},
		{details(t, c, kyc.KindIndividual, "AML"), []string{"/v4/individual/session/s/step/1", "/v4/corporate/session/s/step/AML"}},
		{details(t, c, kyc.KindCorporate, "AML"), []string{"/v4/corporate/session/s/step/AML", "/v4/individual/session/s/step/1"}},
		{details(t, c, kyc.KindCorporate, ""), []string{"/v4/corporate/session/s/step/1", "/v4/individual/session/s/step/1"}},
	} {
		asked = nil
		if err := c.ask(); err != nil || !slices.Equal(asked, c.want) {
			t.Errorf("%q, want %q: %v", asked, c.want, err)
		}
	}
}

// details asks for a step that is not found.
func details(t *testing.T, c *Client, kind kyc.Kind, service kyc.Service) func() error {
	return func() error {
		_, err := c.Details(t.Context(), reconcile.DetailsRequest{App: kyc.DefaultApp, Session: "s", Kind: kind, StepID: "1", Service: service})
		if errors.Is(err, reconcile.ErrNotFound) {
			return nil
		}
		return errors.Join(errors.New("it is found"), err)
	}
}
