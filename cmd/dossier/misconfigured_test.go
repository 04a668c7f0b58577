package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A wrong configuration stops the server before it touches anything, and tells
// all that is wrong at once: nobody should have to start it seven times.
func TestAWrongConfigurationNamesEveryFault(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	faulty := map[string]string{
		"DOSSIER_DATABASE_URL":      "mysql://user:" + hookSecret + "@host/db",
		"DOSSIER_LISTEN":            "nowhere",
		"DOSSIER_WEBHOOK_SECRETS":   "NO APP=" + hookSecret,
		"DOSSIER_API_TOKENS":        "king:" + adminToken,
		"DOSSIER_REQUIRED_SERVICES": "default=liveness",
		"DOSSIER_APP_KINDS":         "default=robot",
		"DOSSIER_HEAL_WINDOW":       "soon",
		"DOSSIER_LOG_LEVEL":         "loud",
		"DOSSIER_LOG_FORMAT":        "xml",
		"DOSSIER_WEBHOOK_ALLOW_IPS": "300.0.0.1",
		"DOSSIER_TRUSTED_PROXIES":   "localhost",
	}
	var variables []string
	for name, value := range faulty {
		variables = append(variables, name+"="+value)
	}
	o := commandIn(bounded(t), variables, "serve")
	equal(t, "exit code", o.code, exitFailure)
	equal(t, "output", o.out, "")
	for name := range faulty {
		if !strings.Contains(o.err, name) {
			t.Errorf("%s is not named:\n%s", name, o.err)
		}
	}
	checkSilent(t, "the report", o.err, []string{hookSecret, adminToken})
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("something was made: %v, %v", left, err)
	}
}

func TestAServerThatCanNotStartSaysWhy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	noFolder := "sqlite:" + filepath.Join(t.TempDir(), "missing", "dossier.db")
	noServer := "postgres://someone:" + hookSecret + "@127.0.0.1:1/none?connect_timeout=1"
	notOne := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(notOne, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		databaseURL string
		args        []string
		says        string
	}{
		"a port that is taken":        {sqliteURL(t), []string{"serve", "--listen=" + listener.Addr().String()}, "DOSSIER_LISTEN (--listen): listen tcp " + listener.Addr().String() + ": bind: address already in use"},
		"a folder that is missing":    {noFolder, []string{"serve"}, "no such file"},
		"a server that is not there":  {noServer, []string{"serve"}, "refused"},
		"a file that is no database":  {"sqlite:" + notOne, []string{"serve"}, "not a database"},
		"migrate without a server":    {noServer, []string{"migrate"}, "refused"},
		"token list without a server": {noServer, []string{"token", "list"}, "refused"},
	} {
		o := carryOut(t, c.databaseURL, c.args...)
		if o.code != exitFailure || !strings.Contains(o.err, c.says) || o.out != "" {
			t.Errorf("%s: exit code %d, %q, %q", what, o.code, o.err, o.out)
		}
		checkSilent(t, what, o.err, []string{hookSecret})
	}
}
