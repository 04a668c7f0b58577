package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dossier/application/translog"
)

// verifierOf returns a key that verifies nothing that there is.
func verifierOf(t *testing.T) string {
	t.Helper()
	_, verifier, err := translog.NewKey("dossier-test")
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// Half a check is no success, also where a command that ends when it is told to
// otherwise is one.
func TestACheckOfALogThatIsInterruptedIsNoSuccess(t *testing.T) {
	ctx, interrupt := context.WithCancel(bounded(t))
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		interrupt()
		<-r.Context().Done()
	}))
	defer server.Close()
	o := commandIn(ctx, environment("").Variables, "verify", "--log", server.URL, "--key", verifierOf(t))
	if o.code != exitFailure || !strings.Contains(o.err, "interrupted") {
		t.Errorf("exit code %d: %s%s", o.code, o.out, o.err)
	}
}

// What can't be read is a failure and told, whatever else is found.
func TestEvidenceThatCannotBeReadIsAFailure(t *testing.T) {
	databaseURL := sqliteURL(t)
	s := serve(t, databaseURL)
	s.sealed(t, s.send(submitted("person"), "applied").last)
	if _, err := raw(t, databaseURL).Exec(`DELETE FROM heads`); err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.json")
	if err := os.WriteFile(cut, []byte(`{"format":"doss`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"verify", "--evidence", cut}, {"verify", "--evidence", cut + ".none"},
		{"verify", "--evidence", cut, "--log", s.base + "/log", "--key", s.service.logKey.verifiers},
	} {
		o := carryOut(t, databaseURL, args...)
		if o.code != exitFailure || !strings.Contains(o.err, "cut.json") || o.out != "" {
			t.Errorf("%v: exit code %d: %s%s", args, o.code, o.out, o.err)
		}
	}
	if o := carryOut(t, databaseURL, "verify"); o.code != exitFindings || !strings.Contains(o.out, "head-missing") {
		t.Errorf("exit code %d: %s%s", o.code, o.out, o.err)
	}
}
