package pgconn

import (
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgtest"
)

func show(t *testing.T, db *sql.DB, setting string) (value string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSettingsAreMadeAndTheURLsWin(t *testing.T) {
	ours := map[string]string{"jit": "off", "work_mem": "1MB", "statement_timeout": "15s", "tcp_keepalives_idle": "15"}
	db := opened(t, pgtest.New(t)+"&work_mem=2048&search_path=a,%22b%20c%22&dossier.test=it's", Options{Settings: ours})
	for setting, want := range map[string]string{
		"jit": "off", "work_mem": "2MB", "statement_timeout": "15s", "search_path": `a,"b c"`, "dossier.test": "it's",
		"transaction_isolation": "read committed", "tcp_keepalives_idle": "15", "application_name": ApplicationName(),
	} {
		if got := show(t, db, setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
}

// A server that says another value than it was given does something else than
// the store relies on.
func TestASettingThatDoesNotTakeIsAnError(t *testing.T) {
	db := opened(t, pgtest.New(t), Options{Settings: map[string]string{"statement_timeout": "0.4"}}) // it becomes 0
	if err := db.PingContext(t.Context()); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "statement_timeout") {
		t.Errorf("got %v", err)
	}
}

// A parameter that the server does not know, or whose value it refuses, is named.
func TestTheServersRefusalNamesTheParameter(t *testing.T) {
	const secret = "hunter2"
	for _, name := range []string{"sslmod", "statement_timeout", "keepalives_idle", "log_connections"} {
		db := opened(t, pgtest.New(t)+"&"+name+"="+secret, Options{Settings: map[string]string{"jit": "off"}})
		err := db.PingContext(t.Context())
		if !errors.Is(err, ErrParameter) || !errors.Is(err, ErrConnect) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A stricter isolation by default would let statements fail that meet another.
func TestTheDatabasesDefaultIsolationIsNotTaken(t *testing.T) {
	databaseURL := pgtest.New(t)
	name := databaseURL[strings.LastIndex(databaseURL, "/")+1 : strings.Index(databaseURL, "?")]
	run(t, opened(t, databaseURL, Options{}), `ALTER DATABASE `+name+` SET default_transaction_isolation = serializable`)
	db := opened(t, databaseURL, Options{})
	if got := show(t, db, "transaction_isolation"); got != "read committed" {
		t.Errorf("the isolation is %s", got)
	}
}

func TestADatabaseWithoutUTF8IsRefused(t *testing.T) {
	databaseURL := pgtest.New(t)
	db := opened(t, databaseURL, Options{})
	const name = "dossier_test_latin1"
	run(t, db, `DROP DATABASE IF EXISTS `+name)
	run(t, db, `CREATE DATABASE `+name+` TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
	t.Cleanup(func() { _, _ = db.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`) })
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	address, err := ParseAddress(u.String())
	if err != nil {
		t.Fatal(err)
	}
	_, connecting := NewConnector(address, Options{Silence: patience}).Connect(t.Context())
	for what, err := range map[string]error{"the probe": Probe(t.Context(), address, true), "a connection": connecting} {
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "LATIN1") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAPostgreSQLIsTaken(t *testing.T) {
	address, err := ParseAddress(pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := Probe(t.Context(), address, true); err != nil {
		t.Error(err)
	}
}
