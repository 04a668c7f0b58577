package webhook_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/domain/kyc"
)

func TestSecretOpensItsAppOnly(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		app    kyc.App // empty: refused
	}{
		"default":                 {"/webhooks/synaps?" + goodQuery, "default"},
		"default by name":         {"/webhooks/synaps/default?" + goodQuery, "default"},
		"another":                 {"/webhooks/synaps/second?secret=of-second", "second"},
		"rotated":                 {"/webhooks/synaps/second?secret=of-second-too", "second"},
		"among parameters":        {"/webhooks/synaps/second?a=b&secret=of-second&c", "second"},
		"name percent-encoded":    {"/webhooks/synaps/second?%73ecret=of-second", "second"},
		"value percent-encoded":   {"/webhooks/synaps/second?secret=of%2dsecond", "second"},
		"app percent-encoded":     {"/webhooks/synaps/%73econd?secret=of-second", "second"},
		"first of several":        {"/webhooks/synaps/second?secret=of-second&secret=wrong", "second"},
		"not first of several":    {"/webhooks/synaps/second?secret=wrong&secret=of-second", ""},
		"of another app":          {"/webhooks/synaps?secret=of-second", ""},
		"of the default":          {"/webhooks/synaps/second?" + goodQuery, ""},
		"another case":            {"/webhooks/synaps/second?secret=OF-SECOND", ""},
		"another name":            {"/webhooks/synaps/second?Secret=of-second", ""},
		"a part":                  {"/webhooks/synaps/second?secret=of-secon", ""},
		"more":                    {"/webhooks/synaps/second?secret=of-second-", ""},
		"empty":                   {"/webhooks/synaps/second?secret=", ""},
		"missing":                 {"/webhooks/synaps/second", ""},
		"not decodable":           {"/webhooks/synaps/second?secret=of-second%zz", ""},
		"behind a semicolon":      {"/webhooks/synaps/second?a;secret=of-second", ""},
		"app that does not exist": {"/webhooks/synaps/third?secret=of-second", ""},
		"app in another case":     {"/webhooks/synaps/Second?secret=of-second", ""},
		"empty app":               {"/webhooks/synaps/?" + goodQuery, ""},
		"more after the app":      {"/webhooks/synaps/second/?secret=of-second", ""},
		"no slash before the app": {"/webhooks/synapsdefault?" + goodQuery, ""},
		"another path":            {"/default?" + goodQuery, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			w := serve(handler(t, config(r)), httptest.NewRequest("POST", c.target, strings.NewReader(approved)))
			if c.app == "" {
				wantProblem(t, w, 401, "unauthorized")
				if len(r.got) != 0 {
					t.Error("a refused webhook reached the receiver")
				}
				return
			}
			if got := r.only(t).App; got != c.app {
				t.Errorf("received for the app %q, want %q", string(got), string(c.app))
			}
		})
	}
}

// Whoever guesses must not learn which part of the guess was right.
func TestAllThatIsUnauthorizedGetsTheSameBytes(t *testing.T) {
	cfg := config(&receiver{})
	cfg.SigningSecrets = []string{"signing"}
	h := handler(t, cfg)
	answer := func(target string) (status int, body string, header map[string][]string) {
		w := serve(h, httptest.NewRequest("POST", target, strings.NewReader(approved)))
		return w.Code, w.Body.String(), w.Header()
	}
	status, body, header := answer("/webhooks/synaps?secret=wrong")
	if status != 401 {
		t.Fatalf("a wrong secret is answered %d", status)
	}
	for name, target := range map[string]string{
		"missing secret":        "/webhooks/synaps",
		"unknown app":           "/webhooks/synaps/third?secret=wrong",
		"path":                  "/webhooks/synaps/a/b/c",
		"secret of another app": "/webhooks/synaps?secret=of-second",
		"bad signature":         "/webhooks/synaps?" + goodQuery,
	} {
		gotStatus, gotBody, gotHeader := answer(target)
		if gotStatus != status || gotBody != body || !cmp.Equal(gotHeader, header) {
			t.Errorf("%s: %d %s %v, but a wrong secret: %d %s %v", name, gotStatus, gotBody, gotHeader, status, body, header)
		}
	}
}
