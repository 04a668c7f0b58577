package main

import (
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgtest"
)

var (
	shownURL   = regexp.MustCompile(`(?m)^  (http://[^/]+)(/webhooks/synaps/default\?secret=\S+)$`)
	shownToken = regexp.MustCompile(`(?m)^  (dossier_\S+)$`)
)

// introduction is what a server printed of itself.
type introduction struct {
	base, hook, token string // empty: not shown
}

// introduced returns what a server prints that has no configuration but its
// database.
func introduced(t *testing.T, databaseURL string) (*process, introduction) {
	t.Helper()
	p := launch(t, databaseURL, "DOSSIER_WEBHOOK_SECRETS=", "DOSSIER_API_TOKENS=")
	var i introduction
	i.base = p.address() // all that it prints comes with it, in one piece
	if p.logs.await(bounded(t), regexp.MustCompile(`"serving"`), p.exited) == nil {
		t.Fatalf("it does not serve:\n%s", p.logs.String())
	}
	if match := shownURL.FindStringSubmatch(p.out.String()); match != nil {
		equal(t, "host of the webhook URL", match[1], i.base)
		i.hook = match[2]
	}
	if match := shownToken.FindStringSubmatch(p.out.String()); match != nil {
		i.token = match[1]
	}
	return p, i
}

func TestAFirstStartMakesWhatIsMissingOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		p, first := introduced(t, databaseURL)
		if first.hook == "" || first.token == "" {
			t.Fatalf("the first start shows %q", p.out.String())
		}
		c := newClient(t, first.base, first.token)
		equal(t, "status of a webhook", c.as("").do(http.MethodPost, first.hook, hook{fields: good()}.body(t), nil).status, 200)
		equal(t, "status of the session", c.session(person, 1).Status, "PENDING_VERIFICATION")
		c.http.CloseIdleConnections()
		p.terminate()

		p, second := introduced(t, databaseURL)
		equal(t, "webhook URL of the second start", second.hook, first.hook)
		equal(t, "token of the second start", second.token, "")
		equal(t, "head, with the token of the first", newClient(t, second.base, first.token).head(), 1)
		p.terminate()
	})
}

func TestTwoFirstStartsAtOnceAgree(t *testing.T) {
	t.Parallel() // it waits for processes
	databaseURL := pgtest.New(t)
	// launch does not wait, so that the second starts while the first does.
	p := launch(t, databaseURL, "DOSSIER_WEBHOOK_SECRETS=", "DOSSIER_API_TOKENS=")
	_, other := introduced(t, databaseURL)
	p.address()
	if p.logs.await(bounded(t), regexp.MustCompile(`"serving"`), p.exited) == nil {
		t.Fatalf("it does not serve:\n%s", p.logs.String())
	}
	match := shownURL.FindStringSubmatch(p.out.String())
	if match == nil || match[2] != other.hook {
		t.Errorf("two secrets: %q, %q", match, other.hook)
	}
	tokens := shownToken.FindAllString(p.out.String()+other.tokenLine(), -1)
	equal(t, "tokens that were shown", len(tokens), 1)
}

func (i introduction) tokenLine() string {
	if i.token == "" {
		return ""
	}
	return "\n  " + i.token + "\n"
}

// What is in the file opens verification pages.
func TestTheFileIsItsOwnersOnly(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	s := serve(t, databaseURL)
	s.send(hook{fields: good()}, "applied")
	folder := filepath.Dir(strings.TrimPrefix(databaseURL, "sqlite:"))
	files := 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		files++
		equal(t, "mode of "+entry.Name(), info.Mode().Perm(), 0o600)
		return nil
	})
	if err != nil || files < 2 {
		t.Errorf("%d files, with that of the log ahead: %v", files, err)
	}
}

// A configured secret is known to who configured it.
func TestConfiguredSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	s := serve(t, sqliteURL(t))
	out := s.out.String()
	if strings.Contains(out, "secret") || strings.Contains(out, "token") {
		t.Errorf("output: %s", out)
	}
}

// What is shown once must not be made by a start that shows nothing.
func TestAFailedFirstStartMakesNoToken(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		o := commandIn(bounded(t), []string{"DOSSIER_DATABASE_URL=" + databaseURL}, "serve", "--listen="+taken.Addr().String())
		equal(t, "exit code on a port that is taken", o.code, exitFailure)
		_, first := introduced(t, databaseURL)
		if first.token == "" {
			t.Error("the token was made by the start that failed, and never shown")
		}
	})
}
