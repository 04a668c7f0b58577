package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// apiKey is that of the provider's API.
const apiKey = "synaps-api-key-0123456789"

// overview serves the provider's API, which knows one person, whose one step
// has a status.
func overview(t *testing.T, status string) (base string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, body := http.StatusNotFound, any(fields{"code": "SESSION_NOT_FOUND", "message": "no such session"})
		switch {
		case r.Header.Get("Api-Key") != apiKey:
			code = http.StatusUnauthorized
		case r.URL.Path == "/v4/individual/session/"+person:
			code, body = http.StatusOK, fields{"app": fields{"id": 1, "name": "x"}, "session": fields{
				"id": person, "status": "SUBMISSION_REQUIRED", "sandbox": false,
				"steps": []fields{{"id": 1, "status": status, "type": "LIVENESS"}},
			}}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v4"
}

// reconcileWith carries out `dossier reconcile` with a provider and its key.
func reconcileWith(t *testing.T, databaseURL, base, key string, args ...string) outcome {
	t.Helper()
	variables := environment(databaseURL, "DOSSIER_SYNAPS_API_KEYS=default="+key, "DOSSIER_SYNAPS_BASE_URL="+base).Variables
	o := commandIn(bounded(t), variables, append([]string{"reconcile"}, args...)...)
	checkSilent(t, "the command", o.out+o.err, []string{person, apiKey})
	return o
}

func TestReconcileSettlesASessionBesideAServer(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: withID(person, of("1", "LIVENESS", "APPROVED", ""))}, "flagged") // its PENDING_VERIFICATION is lost
		file := filepath.Join(t.TempDir(), "session")
		if err := os.WriteFile(file, []byte(person+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		base := overview(t, "APPROVED")
		o := reconcileWith(t, databaseURL, base, apiKey, "--session-file="+file)
		if o.code != exitFindings || o.out != "recorded at position 2: 1 difference, 1 flag settled\n" {
			t.Errorf("exit code %d, %q, %q", o.code, o.out, o.err)
		}
		got := s.session(person, 4)
		equal(t, "status", got.Status, "STEPS_APPROVED")
		equal(t, "open flags", got.OpenFlags, 0)

		o = reconcileWith(t, databaseURL, base, apiKey, "--session="+person, "--json")
		if want := `{"unknown":false,"recorded":true,"position":5,"version":5,"differences":0,"settled_flags":0,"applied":true}` + "\n"; o.code != exitFine || o.out != want {
			t.Errorf("exit code %d, %q, %q", o.code, o.out, o.err)
		}
		by, err := userName()
		if err != nil {
			t.Fatal(err)
		}
		if told := must(t, databaseURL, "replay", "--session="+person, "--json"); !strings.Contains(told, `"actor":"`+by+`"`) {
			t.Errorf("the story does not name %s:\n%s", by, told)
		}
		equal(t, "position of the server", s.session(person, 5).Version, 5)
	})
}

func TestReconcileRecordsOnceThatASessionIsUnknown(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		base := overview(t, "APPROVED")
		must(t, databaseURL, "migrate")
		o := reconcileWith(t, databaseURL, base, apiKey, "--session=another")
		if o.code != exitFailure || !strings.Contains(o.err, "neither here nor at the provider") {
			t.Errorf("exit code %d, %q, %q", o.code, o.out, o.err)
		}
		s := serve(t, databaseURL)
		s.send(submitted("another"), "applied")
		o = reconcileWith(t, databaseURL, base, apiKey, "--session=another")
		if o.code != exitFindings || !strings.Contains(o.out, "at position 2, and not applied: it contradicts what was told at position 1") ||
			!strings.Contains(o.out, "asked again at 2") {
			t.Errorf("exit code %d, %q, %q", o.code, o.out, o.err)
		}
		for _, want := range []string{"which is recorded at position 3", "which was recorded before"} {
			if o := reconcileWith(t, databaseURL, base, apiKey, "--session=another", "--provider-lag=0s"); o.code != exitFindings || !strings.Contains(o.out, want) {
				t.Errorf("exit code %d, %q, %q", o.code, o.out, o.err)
			}
		}
		equal(t, "head", s.head(), 3)
	})
}

func TestReconcileRefusesWhatItCantDo(t *testing.T) {
	t.Parallel()
	databaseURL, base := sqliteURL(t), overview(t, "APPROVED")
	must(t, databaseURL, "migrate")
	for what, c := range map[string]struct {
		key  string
		args []string
		says string
	}{
		"no session":          {apiKey, nil, "which session?"},
		"two sessions":        {apiKey, []string{"--session=x", "--session-file=y"}, "not both"},
		"an empty session":    {apiKey, []string{"--session="}, "one line"},
		"a file that is gone": {apiKey, []string{"--session-file=" + filepath.Join(t.TempDir(), "x")}, "read the session id"},
		"no app":              {apiKey, []string{"--session=" + person, "--app=NO"}, "a slug"},
		"an app without key":  {apiKey, []string{"--session=" + person, "--app=other"}, "no key"},
		"a wrong key":         {"another-key-0123456789", []string{"--session=" + person}, "refuses"},
	} {
		o := reconcileWith(t, databaseURL, base, c.key, c.args...)
		if o.code != exitFailure || !strings.Contains(o.err, c.says) || o.out != "" {
			t.Errorf("%s: exit code %d, %q, %q", what, o.code, o.out, o.err)
		}
	}
	o := carryOut(t, databaseURL, "reconcile", "--session="+person)
	if o.code != exitFailure || !strings.Contains(o.err, "DOSSIER_SYNAPS_API_KEYS") {
		t.Errorf("no key at all: exit code %d, %q", o.code, o.err)
	}
}

func TestAReconcileThatIsInterruptedIsNoSuccess(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	must(t, databaseURL, "migrate")
	asked, over := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-over
	}))
	defer server.Close()
	defer close(over)
	ctx, stop := context.WithCancel(bounded(t))
	defer stop()
	go func() {
		<-asked
		stop()
	}()
	variables := environment(databaseURL, "DOSSIER_SYNAPS_API_KEYS=default="+apiKey, "DOSSIER_SYNAPS_BASE_URL="+server.URL).Variables
	o := commandIn(ctx, variables, "reconcile", "--session="+person)
	if o.code != exitFailure || !strings.Contains(o.err, "interrupted") {
		t.Errorf("exit code %d, %q", o.code, o.err)
	}
}
