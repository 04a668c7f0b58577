package main

import (
	"net/http"
	"strings"
	"testing"
)

type tokenRow struct{ ID, Role, Name string }

func TestTokensAreMadeListedAndRevoked(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		must(t, databaseURL, "migrate")
		made := strings.TrimSpace(must(t, databaseURL, "token", "create", "--role=reviewer", "--name=Ada"))
		s := serve(t, databaseURL)
		rejectedThenApproved(s.client)
		ada := s.as(made)
		ruled := ada.resolve(3, "accept", "Seen.")
		equal(t, "status of a ruling", ruled.status, http.StatusOK)
		equal(t, "who decided", s.flags(ruled.position(), "state=accepted")[0].ResolvedBy, "Ada")

		listed := must(t, databaseURL, "token", "list", "--json")
		rows := decoded[[]tokenRow](t, []byte(listed))
		if len(rows) != 1 || rows[0].Name != "Ada" || rows[0].Role != "reviewer" {
			t.Fatalf("list: %s", listed)
		}
		table := must(t, databaseURL, "token", "list")
		if !strings.Contains(table, rows[0].ID) || strings.Contains(table+listed, made) {
			t.Errorf("list: %s", table)
		}
		must(t, databaseURL, "token", "revoke", rows[0].ID)
		eventually(t, "the revoked token is refused", func() bool {
			return ada.get("/v1/sessions").status == http.StatusUnauthorized
		})
		equal(t, "list afterwards", strings.TrimSpace(must(t, databaseURL, "token", "list", "--json")), "[]")
		byName := carryOut(t, databaseURL, "token", "revoke", rows[0].Name)
		if byName.code != exitFailure || !strings.Contains(byName.err, "its id is expected, as `dossier token list` shows it") {
			t.Errorf("a revocation by name: exit code %d, %q", byName.code, byName.err)
		}
		equal(t, "exit code of a second revocation", carryOut(t, databaseURL, "token", "revoke", rows[0].ID).code, exitFailure)
	})
}

// A token that is made while the server runs is known to it at once, or soon.
func TestANewTokenWorksAtARunningServer(t *testing.T) {
	t.Parallel() // a new token takes seconds to be known
	databaseURL := sqliteURL(t)
	s := serve(t, databaseURL)
	equal(t, "head", s.head(), 0) // the stored tokens are read, and remembered
	made := strings.TrimSpace(must(t, databaseURL, "token", "create", "--role=reader", "--name=Ben"))
	eventually(t, "the new token works", func() bool { return s.as(made).get("/v1/sessions").status == http.StatusOK })
}

func TestATokenNeedsARoleAndAName(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	for _, args := range [][]string{
		{"token", "create", "--role=reader"}, {"token", "create", "--name=x"}, {"token", "create", "--role=king", "--name=x"}, {"token", "revoke"},
	} {
		o := carryOut(t, databaseURL, args...)
		if o.code != exitFailure || o.err == "" {
			t.Errorf("%v: exit code %d, %q", args, o.code, o.err)
		}
	}
}
