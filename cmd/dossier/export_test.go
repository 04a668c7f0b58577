package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/evidence"
	"dossier/application/translog"
)

// auditor is who takes evidence away, and verifies it with no database at hand.
type auditor struct {
	t      *testing.T
	server *server
	url    string
	folder string
	key    string
}

// visit returns an auditor of a rich store.
func visit(t *testing.T, databaseURL string) *auditor {
	t.Helper()
	s := richStore(t, databaseURL)
	return &auditor{t, s, databaseURL, t.TempDir(), s.service.logKey.verifiers}
}

func (a *auditor) path(name string) string { return filepath.Join(a.folder, name) }

// write keeps a text in a file and returns its path.
func (a *auditor) write(name, text string) string {
	a.t.Helper()
	if err := os.WriteFile(a.path(name), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return a.path(name)
}

func (a *auditor) read(path string) string {
	a.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(text)
}

// export exports, and must succeed.
func (a *auditor) export(args ...string) {
	a.t.Helper()
	must(a.t, a.url, append([]string{"export"}, args...)...)
}

// bundle exports the evidence of the person and returns its path.
func (a *auditor) bundle() string {
	a.t.Helper()
	a.export("--session-file", a.write("id", person+"\n"), "-o", a.path("evidence.json"))
	return a.path("evidence.json")
}

// verify verifies a file without any database.
func (a *auditor) verify(path string, args ...string) outcome {
	a.t.Helper()
	return commandIn(bounded(a.t), nil, append([]string{"verify", path, "--key", a.key}, args...)...)
}

// verifies wants that a file holds.
func (a *auditor) verifies(path string, texts ...string) {
	a.t.Helper()
	a.wants(a.verify(path), exitFine, append(texts, "the evidence holds")...)
}

// wants checks the outcome of a command.
func (a *auditor) wants(o outcome, code int, texts ...string) {
	a.t.Helper()
	all := o.out + o.err
	if o.code != code {
		a.t.Errorf("exit code %d, want %d: %s", o.code, code, all)
	}
	for _, text := range texts {
		if !strings.Contains(all, text) {
			a.t.Errorf("%q is not in: %s", text, all)
		}
	}
	if strings.Contains(all, person) {
		a.t.Errorf("the session id was printed: %s", all)
	}
}

func TestEvidenceOfASessionVerifiesWithoutADatabase(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		path := a.bundle()
		a.verifies(path, "12 events at the positions 1 to 22 are included in the tree of",
			"the versions 1 to 12 are there", "the state, ", "the machine's table is that of this program",
			"the key states that these are all events that the session had")
	})
}

// What is exported is what the API answers, and what the database holds.
func TestEvidenceIsWhatTheLogHolds(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		text := a.read(a.bundle())
		bundle, err := evidence.ParseBundle([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		answered := a.server.get(sessionPath("default", person)).body
		if diff := cmp.Diff(decoded[evidence.Session](t, answered), bundle.Session); diff != "" {
			t.Errorf("the API's session and the exported one differ:\n%s", diff)
		}
		if a, b := len(decoded[map[string]any](t, answered)), len(treeOfSession(t, bundle.Session)); a != b {
			t.Errorf("the API's session has %d fields, the exported one %d", a, b)
		}
		db := raw(t, databaseURL)
		for _, e := range bundle.Events {
			var data, metadata string
			if err := db.QueryRow(`SELECT data, metadata FROM events WHERE position = $1`, e.Position).Scan(&data, &metadata); err != nil {
				t.Fatal(err)
			}
			equal(t, "data", e.Data, data)
			equal(t, "metadata", e.Metadata, metadata)
		}
	})
}

func treeOfSession(t *testing.T, s evidence.Session) map[string]any {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return decoded[map[string]any](t, text)
}

func TestEvidenceByTheAPIVerifiesAsWell(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		got := a.server.as(auditorToken).get("/v1/sessions/default/" + person + "/evidence")
		equal(t, "status", got.status, 200)
		a.verifies(a.write("api.json", string(got.body)), "the key states that these are all events")
		exported, err := evidence.ParseBundle([]byte(a.read(a.bundle())))
		if err != nil {
			t.Fatal(err)
		}
		answered, err := evidence.ParseBundle(got.body)
		if err != nil {
			t.Fatal(err)
		}
		answered.ExportedAt, answered.Statement = exported.ExportedAt, exported.Statement
		if diff := cmp.Diff(answered, exported); diff != "" {
			t.Errorf("by the API and by the command:\n%s", diff)
		}
	})
}

// Only its owner may read the file, nothing else is left, and it is not
// replaced by accident.
func TestEvidenceIsWrittenWholeOrNotAtAll(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		path := a.bundle()
		found, err := os.Stat(path)
		if err != nil || found.Mode() != 0o600 {
			t.Errorf("%v, %v", found.Mode(), err)
		}
		before := a.read(path)
		id := a.path("id")
		a.wants(carryOut(t, databaseURL, "export", "--session-file", id, "-o", path), exitFailure, "it exists: --force replaces it")
		equal(t, "content", a.read(path), before)
		a.export("--session-file", id, "-o", path, "--force")
		if a.read(path) == before {
			t.Error("it was not replaced")
		}
		out := must(t, databaseURL, "export", "--session-file", id, "-o", "-")
		a.verifies(a.write("out.json", out))
		a.wants(carryOut(t, databaseURL, "export", "--session-file", id, "-o", a.folder, "--force"), exitFailure, "it is there, and no file")
		a.wants(carryOut(t, databaseURL, "export", "--session-file", id, "-o", a.path("none/evidence.json")), exitFailure, "no such file or directory")
		a.nothingElse("id", "evidence.json", "out.json")
	})
}

// nothingElse wants that the folder holds no other files.
func (a *auditor) nothingElse(names ...string) {
	a.t.Helper()
	entries, err := os.ReadDir(a.folder)
	if err != nil {
		a.t.Fatal(err)
	}
	if len(entries) != len(names) {
		a.t.Errorf("the folder holds %v", entries)
	}
}

func TestWhatCannotBeExportedLeavesNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		id, unknown, out := a.write("id", person), a.write("unknown", "nobody"), a.path("out")
		head := a.server.head()
		for what, c := range map[string]struct {
			args []string
			want string
		}{
			"an unknown session":     {[]string{"--session-file", unknown}, "no such session"},
			"an unknown app":         {[]string{"--app=other", "--session-file", id}, "no such session"},
			"no app":                 {[]string{"--app=No App", "--session-file", id}, "a slug"},
			"an empty session":       {[]string{"--session="}, "one line"},
			"two sessions":           {[]string{"--session=x", "--session-file", id}, "not both"},
			"a missing file":         {[]string{"--session-file", a.path("none")}, "no such file"},
			"a session and a range":  {[]string{"--session-file", id, "--from=1"}, "not for a session"},
			"neither":                {nil, "what to export?"},
			"a range that is empty":  {[]string{"--from=5", "--to=4"}, "there are no such positions"},
			"a range from nothing":   {[]string{"--from=0"}, "there are no such positions"},
			"a range to nothing":     {[]string{"--to=0"}, "there are no such positions"},
			"a range beyond the end": {[]string{"--from=1", "--to=" + text(head+1)}, "the last is " + text(head)},
			"one that starts there":  {[]string{"--from=" + text(head+1)}, "the last is " + text(head)},
		} {
			o := carryOut(t, databaseURL, append([]string{"export", "-o", out}, c.args...)...)
			a.wants(o, exitFailure, c.want)
			if _, err := os.Lstat(out); err == nil || o.out != "" {
				t.Errorf("%s: something was left, or printed: %s", what, o.out)
			}
		}
		a.nothingElse("id", "unknown")
	})
}

// Without a database there is nothing to export from, and none is made.
func TestAnExportMakesNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	o := carryOut(t, "sqlite:"+path, "export", "--from=1", "-o", filepath.Join(t.TempDir(), "out"))
	if o.code != exitFailure || o.err == "" {
		t.Errorf("%+v", o)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("a database was made")
	}
}

// No record, no data.
func TestAnExportIsRecordedBeforeItIsWritten(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		a.bundle()
		a.export("--from=2", "--to=5", "-o", a.path("log"))
		a.server.as(auditorToken).get("/v1/sessions/default/" + person + "/evidence")
		name, err := userName()
		if err != nil {
			t.Fatal(err)
		}
		want := []accessEntry{
			{Number: 1, Actor: name, Via: "cli", Action: "export-evidence", App: "default", SessionID: person},
			{Number: 2, Actor: name, Via: "cli", Action: "export-log", Detail: "from=2&to=5"},
			{Number: 3, Actor: "auditor", Role: "auditor", Via: "api", Action: "export-evidence", App: "default", SessionID: person},
		}
		got := accessed(t, a.server.accesses(""))
		if len(got) == 3 {
			got[2].Actor = "auditor" // tokens of the configuration have names of their own
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}

		a.server.stop()
		if _, err := raw(t, databaseURL).Exec(`ALTER TABLE access_log RENAME TO away`); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"--session-file", a.path("id")}, {"--from=1"}} {
			out := a.path("unrecorded")
			a.wants(carryOut(t, databaseURL, append([]string{"export", "-o", out}, args...)...), exitFailure, "access")
			if _, err := os.Lstat(out); err == nil {
				t.Errorf("%v: it was written", args)
			}
		}
		a.nothingElse("id", "evidence.json", "log")
	})
}

// An event that was altered in the database is not exported as evidence.
func TestAnAlteredEventIsNotExported(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		before := a.bundle()
		a.server.stop()
		breakIn(t, databaseURL, "").do(`UPDATE events SET recorded_at = recorded_at - 1 WHERE position = 3`)
		for _, args := range [][]string{{"--session-file", a.path("id")}, {"--from=1"}} {
			out := a.path("altered")
			a.wants(carryOut(t, databaseURL, append([]string{"export", "-o", out}, args...)...), exitFailure,
				"the log is not what its tree says: the event at position 3")
			if _, err := os.Lstat(out); err == nil {
				t.Errorf("%v: it was written", args)
			}
		}
		a.verifies(before) // taken away in time, it still proves what was
	})
}

// The database and the key fall into one hand, and the log is sealed anew. Who
// has an earlier export finds what was changed.
func TestAnEarlierExportCatchesARewrittenLog(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		bundle, err := evidence.ParseBundle([]byte(a.read(a.bundle())))
		if err != nil {
			t.Fatal(err)
		}
		a.server.stop()
		i := breakIn(t, databaseURL, logKeyFile(databaseURL))
		i.do(`UPDATE events SET recorded_at = recorded_at - 1 WHERE position = 3`)
		i.unseal()
		a.server = serve(t, databaseURL, appsOfAudit)
		awaitSealed(t, databaseURL)
		equal(t, "key", a.server.service.logKey.verifiers, a.key)

		store := a.server.service.store
		r, err := evidence.CheckAgainst(bounded(t), bundle, a.key,
			evidence.Present{Tree: translog.NewTree(store), Size: a.server.head(), Stream: store.ReadStream})
		if err != nil || len(r.Findings) != 2 || !strings.Contains(r.Findings[0].Text, "written anew") || r.Findings[1].Position != 3 {
			t.Errorf("%v, %+v", err, r.Findings)
		}
		// The new evidence is in order by itself, and betrayed by the checkpoint of
		// the old one.
		kept := a.write("kept", strings.ReplaceAll(bundle.Checkpoint, "\n", "\r\n")) // as by mail
		a.export("--session-file", a.path("id"), "-o", a.path("new.json"))
		a.verifies(a.path("new.json"))
		a.wants(a.verify(a.path("new.json"), "--checkpoint", kept), exitFindings, "the log was written anew: the key signed two different histories")
		a.export("--from=1", "-o", a.path("new"))
		a.wants(a.verify(a.path("new"), "--checkpoint", kept), exitFindings, "the log was written anew: its first")
	})
}

// Without the key on this machine there is evidence, and it says what it lacks.
func TestEvidenceWithoutTheKeyHasNoStatement(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		missing := append([]string{"DOSSIER_LOG_KEY_FILE=" + a.path("none")}, environment(databaseURL).Variables...)
		o := commandIn(bounded(t), missing, "export", "--session-file", a.write("id", person), "-o", a.path("out"))
		a.wants(o, exitFine, "will have no statement, and be incomplete")
		a.wants(a.verify(a.path("out")), exitFindings, "that these are all events that the session had", "the state", "THE EVIDENCE IS INCOMPLETE")
		a.wants(a.verify(a.path("out"), "--json"), exitFindings, `"verdict":"incomplete"`)
		a.wants(a.verify(a.path("out"), "--without-statement"), exitFine, "THE EVIDENCE IS INCOMPLETE")
		a.wants(a.verify(a.path("out"), "--without-statement", "--json"), exitFine, `"verdict":"incomplete"`)
		against := must(t, databaseURL, "verify", "--evidence", a.path("out"), "--without-statement")
		if !strings.Contains(against, "the log has no other events of the session") || !strings.Contains(against, "THE EVIDENCE IS INCOMPLETE") {
			t.Errorf("against the log: %s", against)
		}
		if _, err := os.Lstat(a.path("none")); !errors.Is(err, fs.ErrNotExist) {
			t.Error("a key was made")
		}
	})
}
