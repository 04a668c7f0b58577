package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dossier/application/translog"
)

// former returns the name of the key that signs a log.
func former(s *server) string {
	return keyName(translog.CurrentVerifier(s.service.logKey.verifiers))
}

// The key is lost: a new one signs from then on, and what the old one signed stays
// good.
func TestALostKeyIsReplaced(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		before, note := s.sealed(t, s.send(submitted("one"), "applied").Position)
		name, old, path := former(s), s.service.logKey.verifiers, logKeyFile(databaseURL)
		s.stop()
		for _, file := range []string{path, path + memorySuffix} {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		for _, args := range [][]string{{"log-key", "replace"}, {"log-key", "replace", "--former=dossier-other"}} {
			o := carryOut(t, databaseURL, args...)
			if _, err := os.Stat(path); o.code != exitFailure || !strings.Contains(o.err, "--former="+name) || err == nil {
				t.Errorf("%v: exit code %d, %q, %v", args, o.code, o.err, err)
			}
		}
		out := must(t, databaseURL, "log-key", "replace", "--former="+name)
		checkPrivate(t, newKeyIn(t, out, path))
		_, lines, _ := strings.Cut(out, "the key that they have:\n")
		kept, keys := write(t, "kept", note), write(t, "keys", []byte(lines))
		checkHealthy(t, databaseURL)

		s = serve(t, databaseURL)
		equal(t, "/log/vkey", string(s.as("").get("/log/vkey").body), lines)
		after, _ := s.sealed(t, s.send(submitted("two"), "applied").Position)
		if after.Origin == before.Origin || after.Size <= before.Size {
			t.Errorf("first %+v, then %+v", before, after)
		}
		s.stop()
		checkHealthy(t, databaseURL, "--key=@"+keys, "--checkpoint="+kept)
		if a := verifyStore(t, databaseURL, "--key="+old); len(a.find("checkpoint-signature")) == 0 {
			t.Errorf("one who knows the old key only is told:\n%s", a)
		}
	})
}

// A server that still has the former key signs nothing with it.
func TestAServerSignsNothingWithAFormerKey(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.sealed(t, s.send(submitted("one"), "applied").Position)
		name, path := former(s), logKeyFile(databaseURL)
		must(t, databaseURL, "log-key", "replace", "--former="+name)
		if key, err := readLogKey(path); err != nil || key.Origin() != name {
			t.Errorf("the former key: %v, %v", key, err)
		}
		s.send(submitted("two"), "applied")
		if s.logs.await(bounded(t), regexp.MustCompile("the key of the log was replaced"), nil) == nil {
			t.Errorf("nothing is said of it:\n%s", s.logs.String())
		}
		note, _ := s.checkpoint(t)
		if c, err := translog.Unverified(note); err != nil || c.Origin == name || c.Size != 1 {
			t.Errorf("signed is %+v, %v", c, err)
		}
		s.stop()
		s = serve(t, databaseURL)
		s.sealed(t, s.send(submitted("three"), "applied").Position)
		s.stop()
		checkHealthy(t, databaseURL)
	})
}

// newKeyIn returns the file that log-key replace names, which stands beside another.
func newKeyIn(t *testing.T, out, path string) string {
	t.Helper()
	found := regexp.MustCompile(`new key in (\S+) from now on`).FindStringSubmatch(out)
	if found == nil || !strings.HasPrefix(found[1], path+".dossier-") {
		t.Fatalf("no file beside %s is named: %s", path, out)
	}
	return found[1]
}

// Whatever is replaced and restored, the file of a key is never written again: it
// may be the only one.
func TestNoFileOfAKeyIsEverOverwritten(t *testing.T) {
	databaseURL := sqliteURL(t)
	backup := filepath.Join(t.TempDir(), "backup")
	s := serve(t, databaseURL)
	s.sealed(t, s.send(submitted("one"), "applied").Position)
	name, path := former(s), logKeyFile(databaseURL)
	s.stop()
	must(t, databaseURL, "backup", backup)
	files := map[string]string{path: string(contentOf(t, path))}
	for range 2 {
		second := newKeyIn(t, must(t, databaseURL, "log-key", "replace", "--former="+name), path)
		files[second] = string(contentOf(t, second))
		s = serve(t, databaseURL)
		s.sealed(t, s.send(submitted("two"), "applied").Position)
		equal(t, "the file of the key", s.service.logKey.path, second)
		s.stop()
		out := must(t, databaseURL, "restore", "--lose=1", backup) // the former key is the log's again
		if !strings.Contains(out, "In "+second+" is another key") || !strings.Contains(out, "dossier log-key replace") {
			t.Errorf("nothing is said of the key that has replaced this one:\n%s", out)
		}
	}
	equal(t, "files of keys", len(files), 3)
	for file, text := range files {
		equal(t, file, string(contentOf(t, file)), text)
	}
}

func contentOf(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
