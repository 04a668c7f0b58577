package main

import (
	"os"
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
		checkPrivate(t, path)
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
		if key, err := readLogKey(path + "." + name); err != nil || key.Origin() != name {
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

// Interrupted between the database and the files, the command ends what it began.
func TestAReplacementThatWasInterruptedIsEnded(t *testing.T) {
	databaseURL := sqliteURL(t)
	s := serve(t, databaseURL)
	s.sealed(t, s.send(submitted("one"), "applied").Position)
	name, path := former(s), logKeyFile(databaseURL)
	s.stop()
	must(t, databaseURL, "log-key", "replace", "--former="+name)
	for _, suffix := range []string{"", memorySuffix} { // as if nothing had been moved yet
		for _, move := range [][2]string{{path + suffix, path + nextSuffix + suffix}, {path + "." + name + suffix, path + suffix}} {
			if err := os.Rename(move[0], move[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	must(t, databaseURL, "log-key", "replace")
	s = serve(t, databaseURL)
	if c, _ := s.sealed(t, s.send(submitted("two"), "applied").Position); c.Origin == name {
		t.Errorf("signed by %s", c.Origin)
	}
	s.stop()
	checkHealthy(t, databaseURL)
}
