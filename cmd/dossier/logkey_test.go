package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dossier/application/translog"
)

// keyAt is the setting that names a key file.
func keyAt(path string) string { return "DOSSIER_LOG_KEY_FILE=" + path }

func TestTheKeyOfTheLogIsMadeOnceAndKept(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		path := filepath.Join(t.TempDir(), "key")
		first := serve(t, databaseURL, keyAt(path))
		at := first.send(submitted("key-1"), "applied").Position
		before, _ := first.sealed(t, at)
		verifier := strings.TrimSpace(string(first.as("").get("/log/vkey").body))
		if !strings.Contains(first.out.String(), "verifies the log: "+verifier+"\n") {
			t.Errorf("the start prints %q, and the key is %q", first.out.String(), verifier)
		}
		first.stop()
		second := serve(t, databaseURL, keyAt(path))
		at = second.send(submitted("key-2"), "applied").Position
		after, _ := second.sealed(t, at)
		if second.service.logKey.verifiers != verifier || after.Origin != before.Origin || after.Size <= before.Size {
			t.Errorf("first %+v by %s, then %+v by %s", before, verifier, after, second.service.logKey.verifiers)
		}
		checkPrivate(t, path)
		checkPrivate(t, path+".signed")
	})
}

func checkPrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "mode of "+filepath.Base(path), info.Mode().Perm(), fs.FileMode(0o600))
}

// The log goes on without its key, and with another one, and is not signed.
func TestTheKeyOfTheLogIsNotReplacedByAnother(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		folder := t.TempDir()
		own, other := filepath.Join(folder, "own"), filepath.Join(folder, "other")
		if _, err := newLogKey(other); err != nil {
			t.Fatal(err)
		}
		s := serve(t, databaseURL, keyAt(own))
		at := s.send(submitted("key-1"), "applied").Position
		_, note := s.sealed(t, at)
		s.stop()
		for name, path := range map[string]string{"missing": filepath.Join(folder, "none"), "another": other} {
			s := serve(t, databaseURL, keyAt(path))
			at := s.send(submitted("key-"+name), "applied").last
			s.extended(t, at)
			now, _ := s.checkpoint(t)
			equal(t, "checkpoint with the key "+name, string(now), string(note))
			if !strings.Contains(s.logs.String(), "does not sign the transparency log") {
				t.Errorf("%s: the log says nothing of it", name)
			}
			s.stop()
		}
		if _, err := os.Stat(filepath.Join(folder, "none")); err == nil {
			t.Error("a key was made for a log that has one")
		}
	})
}

// A wrong database in the configuration of a log must not take its key away: both
// logs sign, each with its own, whatever is started in which order.
func TestANewLogGetsAKeyOfItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	databases := []string{sqliteURL(t), sqliteURL(t)}
	var keys, files []string
	for round := range 2 {
		for i, databaseURL := range databases {
			s := serve(t, databaseURL, keyAt(path))
			s.sealed(t, s.send(submitted(fmt.Sprint("key-", round)), "applied").Position)
			if k := s.service.logKey; round == 0 {
				keys, files = append(keys, k.verifiers), append(files, k.path)
			} else if k.verifiers != keys[i] || k.path != files[i] {
				t.Errorf("the log signs with %s in %s, and did with %s in %s", k.verifiers, k.path, keys[i], files[i])
			}
			s.stop()
		}
	}
	if keys[0] == keys[1] || files[0] != path || !strings.HasPrefix(files[1], path+".dossier-") {
		t.Errorf("the keys %q in %q", keys, files)
	}
}

// A database that was put back to an earlier state is found out when it has
// grown, and not signed: the same positions would have other events.
func TestARestoredDatabaseIsNotSigned(t *testing.T) {
	databaseURL, path := sqliteURL(t), filepath.Join(t.TempDir(), "key")
	first := serve(t, databaseURL, keyAt(path))
	first.sealed(t, first.send(submitted("key-1"), "applied").Position)
	first.stop()
	file := strings.TrimPrefix(databaseURL, "sqlite:")
	backup, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	second := serve(t, databaseURL, keyAt(path))
	signed, _ := second.sealed(t, second.send(submitted("key-2"), "applied").Position)
	second.stop()
	if err := os.WriteFile(file, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	third := serve(t, databaseURL, keyAt(path))
	third.send(submitted("key-3"), "applied")
	if third.logs.await(bounded(t), regexp.MustCompile("does not begin with what was signed before"), nil) == nil {
		t.Errorf("nothing is said of it:\n%s", third.logs.String())
	}
	note, _ := third.checkpoint(t)
	if now, err := translog.Unverified(note); err != nil || now.Size >= signed.Size {
		t.Errorf("signed %+v, %v", now, err)
	}
}

func TestAKeyFileThatIsNoneStopsTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("PRIVATE+KEY+dossier-1+secretsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := commandIn(bounded(t), environment(sqliteURL(t), keyAt(path)).Variables, "serve")
	if o.code != exitFailure || !strings.Contains(o.err, path) || strings.Contains(o.err, "secretsecret") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
}

func TestAKeyThatOthersCanReadIsWarnedOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	databaseURL := sqliteURL(t)
	first := serve(t, databaseURL, keyAt(path))
	first.stop()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	second := serve(t, databaseURL, keyAt(path))
	const warning = "others can read the key"
	if strings.Contains(first.logs.String(), warning) || !strings.Contains(second.logs.String(), warning) {
		t.Errorf("first %q, then %q", first.logs.String(), second.logs.String())
	}
}
