package main

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/translog"
	"dossier/cmd/dossier/internal/config"
)

// keepCheckpoint returns a file with the newest checkpoint, as an auditor would
// keep it, and the key that verifies it.
func keepCheckpoint(t *testing.T, databaseURL string) (file, key string) {
	t.Helper()
	var note string
	row := raw(t, databaseURL).QueryRowContext(bounded(t), `SELECT note, (SELECT value FROM settings WHERE name = 'log_verifier')
FROM log_checkpoints ORDER BY size DESC LIMIT 1`)
	if err := row.Scan(&note, &key); err != nil {
		t.Fatal(err)
	}
	return written(t, note), key
}

// forge seals the log anew, with a key, as if nothing had been sealed before.
func forge(t *testing.T, databaseURL string, key *translog.Key) {
	t.Helper()
	tamper(t, databaseURL, `DELETE FROM tiles`, `DELETE FROM log_checkpoints`, `UPDATE checkpoints SET position = 0 WHERE name = '`+translog.Name+`'`,
		`UPDATE settings SET value = '`+key.Verifier()+`' WHERE name = 'log_verifier'`)
	cfg, _, err := console{out: &recording{}, err: &recording{}, env: environment(databaseURL)}.configure(&struct{ config.DatabaseFlags }{})
	if err != nil {
		t.Fatal(err)
	}
	meters, logger := metrics.New(version), slog.New(slog.DiscardHandler)
	store, err := openStore(bounded(t), cfg.Database, sqlstore.Config{Logger: logger, Meter: meters, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	sealer := &translog.Sealer{
		Log: store, Grown: store, Store: store, Key: key, Memory: keptNote(t.TempDir() + "/signed"),
		Sealed: &eventlog.Broadcast{}, Meter: meters, Logger: logger, Now: time.Now,
	}
	if _, err := sealer.Seal(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func newSealingKey(t *testing.T) *translog.Key {
	t.Helper()
	secret, _, err := translog.NewKey("dossier-forged")
	if err != nil {
		t.Fatal(err)
	}
	key, err := translog.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// An attacker who changes an event, and then computes and signs the whole tree
// anew, leaves a store that agrees with itself.
func TestACheckpointThatWasKeptCatchesALogThatWasWrittenAnew(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := richStore(t, databaseURL)
		s.stop()
		kept, key := keepCheckpoint(t, databaseURL)
		checkHealthy(t, databaseURL, "--checkpoint="+kept, "--key="+key)
		// The reason of a refused document that was handed in again since.
		pass(t, databaseURL, `UPDATE events SET data = replace(data, 'blurred', 'unknown') WHERE position = 4`,
			`UPDATE stats SET detail = 'unknown' WHERE detail = 'blurred'`)
		for _, signer := range []*translog.Key{s.service.logKey.key, newSealingKey(t)} {
			forge(t, databaseURL, signer)
			checkHealthy(t, databaseURL) // nothing in it tells
			a := verifyStore(t, databaseURL, "--checkpoint="+kept)
			if a.code != exitFindings || !a.names("checkpoint-inconsistent", 4) {
				t.Errorf("with the checkpoint: exit code %d:\n%s", a.code, a)
			}
			a = verifyStore(t, databaseURL, "--checkpoint="+kept, "--key="+key)
			if a.code != exitFindings || !a.names("checkpoint-inconsistent", 4) {
				t.Errorf("with the checkpoint and the key: exit code %d:\n%s", a.code, a)
			}
		}
	})
}

func TestACheckpointThatWasKeptCatchesALogThatWasCutOff(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		live(t, s.client, person, personsLife()[:9])
		awaitSealed(t, databaseURL)
		before := dump(t, databaseURL)
		live(t, s.client, "another", []move{{whole("PENDING_VERIFICATION", ""), "applied", "PENDING_VERIFICATION"}})
		awaitSealed(t, databaseURL)
		kept, key := keepCheckpoint(t, databaseURL)
		head := s.head()
		s.stop()
		if before == dump(t, databaseURL) || head != 10 {
			t.Fatalf("the log did not grow: head %d", head)
		}
		// As if it had never happened: a backup was put back.
		pass(t, databaseURL, `DELETE FROM events WHERE position = 10`, `DELETE FROM heads WHERE stream = 'default/another'`,
			`DELETE FROM sessions WHERE session_id = 'another'`, `DELETE FROM stats_waiting WHERE session_id = 'another'`,
			`DELETE FROM deliveries WHERE position = 10`, `DELETE FROM stats`, `DELETE FROM checkpoints WHERE name = 'stats'`,
			`UPDATE checkpoints SET position = 9`)
		forge(t, databaseURL, s.service.logKey.key)
		checkHealthyBut(t, verifyStore(t, databaseURL), "waiting-differs")
		a := verifyStore(t, databaseURL, "--checkpoint="+kept, "--key="+key)
		if a.code != exitFindings || !a.names("log-cut-off", 10) {
			t.Errorf("exit code %d:\n%s", a.code, a)
		}
	})
}

// checkHealthyBut says that there are no other findings than those of a check.
func checkHealthyBut(t *testing.T, a audited, check string) {
	t.Helper()
	for _, f := range a.findings {
		if f.Check != check {
			t.Errorf("found: %+v", f)
		}
	}
	if a.err != "" {
		t.Error(a.err)
	}
}

func TestAKeptCheckpointWithAForeignSignatureIsNamed(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		richStore(t, databaseURL).stop()
		kept, _ := keepCheckpoint(t, databaseURL)
		note, err := os.ReadFile(kept)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := translog.Unverified(note)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := newSealingKey(t).Sign(opened.Text())
		if err != nil {
			t.Fatal(err)
		}
		a := verifyStore(t, databaseURL, "--checkpoint="+written(t, string(signed)))
		if a.code != exitFindings || !a.names("checkpoint-signature", opened.Size) || len(a.findings) != 1 {
			t.Errorf("exit code %d:\n%s", a.code, a)
		}
	})
}
