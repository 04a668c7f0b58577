package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dossier/application/evidence"
)

func TestAnExportOfTheLogVerifiesWithoutADatabase(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		head := a.server.head()
		a.export("--from=1", "-o", a.path("all"))
		a.verifies(a.path("all"), "the "+text(head)+" events at the positions 1 to "+text(head)+" are those of the tree of "+text(head))
		a.export("--from=5", "--to=300", "-o", a.path("some"))
		a.verifies(a.path("some/manifest.json"), "the 296 events at the positions 5 to 300 are those of the tree of")

		all, some := strings.SplitAfter(a.read(a.path("all/events.jsonl")), "\n"), a.read(a.path("some/events.jsonl"))
		equal(t, "the lines of a range", some == strings.Join(all[4:300], ""), true)
		for _, name := range []string{"some", "some/manifest.json", "some/events.jsonl"} {
			if found, err := os.Stat(a.path(name)); err != nil || found.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %v, %v", name, found.Mode(), err)
			}
		}
		if entries, err := os.ReadDir(a.path("some")); err != nil || len(entries) != 2 {
			t.Errorf("the folder holds %v, %v", entries, err)
		}
	})
}

// Killed anywhere, it goes on after its last complete line, and ends with the
// same bytes.
func TestAnInterruptedExportGoesOn(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		args := []string{"--from=3", "--to=400", "-o", a.path("log")}
		a.export(args...)
		lines, manifest := a.read(a.path("log/events.jsonl")), a.read(a.path("log/manifest.json"))
		for _, part := range []int{0, 10, len(lines) / 3, len(lines) - 1, len(lines)} {
			if err := os.Remove(a.path("log/manifest.json")); err != nil {
				t.Fatal(err)
			}
			a.write("log/events.jsonl", lines[:part])
			a.wants(a.verify(a.path("log")), exitFailure, "no such file") // a part is none
			a.export(args...)
			equal(t, "lines", a.read(a.path("log/events.jsonl")) == lines, true)
			equal(t, "manifest", a.read(a.path("log/manifest.json")), manifest)
		}
		a.wants(carryOut(t, databaseURL, append([]string{"export"}, args...)...), exitFailure, "complete: --force replaces it")
		a.export(append(args, "--force")...)
		a.verifies(a.path("log"))
	})
}

// What is there and is not the log's stays as it is.
func TestAnExportDoesNotGoOnWithForeignLines(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		a.export("--from=3", "--to=10", "-o", a.path("log"))
		lines := a.read(a.path("log/events.jsonl"))
		if err := os.Remove(a.path("log/manifest.json")); err != nil {
			t.Fatal(err)
		}
		for _, foreign := range []string{"my notes", strings.Replace(lines, "APPROVED", "REJECTED", 1), lines + "{}\n"} {
			a.write("log/events.jsonl", foreign)
			a.wants(carryOut(t, databaseURL, "export", "--from=3", "--to=10", "-o", a.path("log")), exitFailure, "not those of this export")
			equal(t, "content", a.read(a.path("log/events.jsonl")), foreign)
		}
		a.wants(carryOut(t, databaseURL, "export", "--from=3", "-o", a.path("log/events.jsonl")), exitFailure, "no folder")
		a.export("--from=3", "--to=10", "-o", a.path("log"), "--force")
		equal(t, "content", a.read(a.path("log/events.jsonl")), lines)
	})
}

func TestTamperingWithFilesIsNamed(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		bundle := a.read(a.bundle())
		a.export("--from=1", "--to=20", "-o", a.path("log"))
		lines := strings.SplitAfter(a.read(a.path("log/events.jsonl")), "\n")
		other := bytes.TrimSpace([]byte(newVerifier(t)))
		for what, c := range map[string]struct {
			text string
			args []string
			code int
			want string
		}{
			"a byte":          {strings.Replace(bundle, "LIVENESS", "LIVENESs", 2), nil, exitFindings, "the event is not what the log has there"},
			"the state":       {strings.Replace(bundle, `"status": "APPROVED"`, `"status": "REJECTED"`, 1), nil, exitFindings, "the state is not what the events give"},
			"the machine":     {strings.Replace(bundle, `"to": "REJECTED"`, `"to": "APPROVED"`, 1), nil, exitFindings, "the machine's table was changed"},
			"another key":     {bundle, []string{"--key", string(other)}, exitFindings, "is signed by another key"},
			"cut off":         {bundle[:len(bundle)/2], nil, exitFailure, "it is cut off"},
			"a field":         {strings.Replace(bundle, `"program"`, `"x": 1, "program"`, 1), nil, exitFailure, `has "x", which the format does not know`},
			"a doubled key":   {strings.Replace(bundle, `"version": 1,`, `"version": 1, "version": 1,`, 1), nil, exitFailure, `"version" is there twice`},
			"another format":  {strings.Replace(bundle, "dossier-evidence/v1", "dossier-evidence/v9", 1), nil, exitFailure, `"dossier-evidence/v9", dossier-evidence/v1 is expected`},
			"no evidence":     {"hello", nil, exitFailure, "it is no JSON"},
			"nothing":         {"", nil, exitFailure, "it is cut off"},
			"no key":          {bundle, []string{"--key", ""}, exitFailure, "--key is missing"},
			"a malformed key": {bundle, []string{"--key", "abc"}, exitFailure, "not a key"},
			"a missing key":   {bundle, []string{"--key", "@" + a.path("none")}, exitFailure, "no such file"},
			"an empty key":    {bundle, []string{"--key", "@" + a.write("empty", "\n")}, exitFailure, "not a key"},
			"a lost kept one": {bundle, []string{"--checkpoint", a.path("none")}, exitFailure, "no such file"},
		} {
			o := a.verify(a.write("tampered.json", c.text), c.args...)
			if o.code != c.code || !strings.Contains(o.out+o.err, c.want) {
				t.Errorf("%s: exit code %d, %s%s", what, o.code, o.out, o.err)
			}
		}
		for what, c := range map[string]struct {
			lines []string
			want  string
		}{
			"a byte":         {replaced(lines, 3, strings.Replace(lines[3], `"version":4`, `"version":5`, 1)), "position 4: the event was changed"},
			"a removed line": {replaced(lines, 6, ""), "position 7: the event is missing"},
			"a swapped line": {replaced(replaced(lines, 6, lines[7]), 7, lines[6]), "position 7: it stands behind position 8"},
			"the last line":  {lines[:19], "the file ends with position 19, the manifest with 20"},
		} {
			a.write("log/events.jsonl", strings.Join(c.lines, ""))
			o := a.verify(a.path("log"))
			if o.code != exitFindings || !strings.Contains(o.out, c.want) {
				t.Errorf("%s: exit code %d, %s%s", what, o.code, o.out, o.err)
			}
		}
	})
}

// replaced returns lines of which one is another.
func replaced(lines []string, i int, by string) []string {
	return append(append(append([]string{}, lines[:i]...), by), lines[i+1:]...)
}

// newVerifier returns the verifier key of another log of the same name.
func newVerifier(t *testing.T) string {
	t.Helper()
	key, err := newLogKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return key.Verifier()
}

func TestVerifyAnswersPrograms(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		a := visit(t, databaseURL)
		path := a.bundle()
		a.write("key", a.key+"\n")
		o := commandIn(bounded(t), nil, "verify", path, "--json", "--key", "@"+a.path("key"))
		type report struct {
			Verdict evidence.Verdict
			evidence.Report
		}
		if r := decoded[report](t, []byte(o.out)); o.code != exitFine || r.Verdict != evidence.Holds || len(r.Proved) != 6 {
			t.Errorf("%d: %s", o.code, o.out)
		}
		tampered := a.write("tampered", strings.Replace(a.read(path), `"position": 2,`, `"position": 3,`, 1))
		o = a.verify(tampered, "--json")
		if r := decoded[report](t, []byte(o.out)); o.code != exitFindings || r.Verdict != evidence.Fails || r.Findings[0].Position != 3 {
			t.Errorf("%d: %s", o.code, o.out)
		}
	})
}

// Half a check, and half an export, are no success.
func TestAnInterruptedExportOrCheckIsNoSuccess(t *testing.T) {
	a := visit(t, sqliteURL(t))
	a.export("--from=1", "-o", a.path("log"))
	ended, end := context.WithCancel(t.Context())
	end()
	for _, args := range [][]string{
		{"verify", a.path("log"), "--key", a.key}, {"export", "--from=1", "-o", a.path("other")},
		{"export", "--session-file", a.write("id", person), "-o", a.path("evidence.json")},
	} {
		o := commandIn(ended, environment(a.url).Variables, args...)
		a.wants(o, exitFailure, "interrupted")
	}
	a.nothingElse("id", "log")
}
