package postgres_test

import (
	"context"
	"testing"
	"time"

	"dossier/adapters/storetest"
	"dossier/application/accesslog"
)

// accessAttacks returns what a person with an SQL shell may try on the access
// log, as its owner.
func accessAttacks() []string {
	const columns = `(number, recorded_at, actor, role, via, action, app, session_id, detail) VALUES `
	return []string{
		`UPDATE access_log SET actor = 'eve'`,
		`UPDATE access_log SET actor = 'eve' WHERE false`,
		`DELETE FROM access_log`,
		`DELETE FROM ONLY access_log WHERE number = 3`,
		`DELETE FROM access_log WHERE number = 9`,
		`TRUNCATE access_log`,
		`TRUNCATE events, access_log CASCADE`,
		`SET session_replication_role = replica; DELETE FROM access_log; SET session_replication_role = DEFAULT`,
		`INSERT INTO access_log ` + columns + `(1, 0, 'eve', '', 'cli', 'export', '', '', '') ON CONFLICT (number) DO UPDATE SET actor = 'eve'`,
		`INSERT INTO access_log ` + columns + `(9, 0, 'eve', '', 'cli', 'export', '', '', '')`,
		`SET session_replication_role = replica; INSERT INTO access_log ` + columns + `(9, 0, 'eve', '', 'cli', 'export', '', '', ''); SET session_replication_role = DEFAULT`,
		`INSERT INTO access_log ` + columns + `(3, 0, 'eve', '', 'cli', 'export', '', '', '')`,
		`INSERT INTO access_log ` + columns + `(4, 0, 'eve', '', 'shell', 'export', '', '', '')`,
		`INSERT INTO access_log ` + columns + `(4, NULL, 'eve', '', 'cli', 'export', '', '', '')`,
		`MERGE INTO access_log USING (SELECT 1) AS one ON number = 1 WHEN MATCHED THEN DELETE`,
	}
}

// seen is an entry of an actor.
func seen(actor string) accesslog.Entry {
	return accesslog.Entry{At: time.Unix(0, 0), Actor: actor, Via: accesslog.CLI, Action: "export"}
}

// An SQL shell gets the next number, even as a replica. A copy gives its own.
func TestTheDatabaseNumbersAccesses(t *testing.T) {
	db := newDatabase(t)
	for _, statement := range []string{
		`INSERT INTO access_log VALUES (NULL, 0, 'eve', '', 'cli', 'export', '', '', '')`,
		`INSERT INTO access_log VALUES (3, 0, 'eve', '', 'cli', 'export', '', '', ''), (2, 0, 'eve', '', 'cli', 'export', '', '', '')`,
		`SET session_replication_role = replica; INSERT INTO access_log VALUES (NULL, 0, 'eve', '', 'cli', 'export', '', '', ''); SET session_replication_role = DEFAULT`,
	} {
		if err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	s, err := db.Open(t.Context(), storetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Record(t.Context(), seen("ada")); err != nil {
		t.Fatal(err)
	}
	entries, err := s.ReadAccess(t.Context(), "", 0, 9)
	if err != nil || len(entries) != 5 || entries[4].Actor != "ada" {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for i, e := range entries {
		if e.Number != int64(i+1) {
			t.Errorf("entry %d has the number %d", i+1, e.Number)
		}
	}
}

// An auditor who reads must not wait for those who append, nor they for him.
func TestAnAccessIsRecordedWhileTheLogIsLocked(t *testing.T) {
	db := newDatabase(t)
	s, err := db.Open(t.Context(), storetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := db.raw.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), `SELECT pg_advisory_lock(1685025651, 1)`); err != nil {
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Record(limited, seen("ada")); err != nil {
		t.Error(err)
	}
}
