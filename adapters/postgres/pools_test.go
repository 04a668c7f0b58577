package postgres

import (
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlstore"
)

func openedPools(t *testing.T) sqlstore.Pools {
	t.Helper()
	pools, err := openPools(t.Context(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pools.Log.Close()
		pools.Models.Close()
		pools.Reads.Close()
	})
	return pools
}

func TestEveryConnectionHasTheSettingsOfItsPool(t *testing.T) {
	pools := openedPools(t)
	for name, pool := range map[string]struct {
		db       *sql.DB
		settings map[string]string
	}{
		"log": {pools.Log, map[string]string{
			"synchronous_commit": "on", "transaction_read_only": "off", "plan_cache_mode": "force_generic_plan",
			"enable_seqscan": "off", "application_name": "dossier", "transaction_isolation": "read committed"}},
		"models": {pools.Models, map[string]string{"synchronous_commit": "off", "transaction_read_only": "off", "application_name": "dossier"}},
		"reads":  {pools.Reads, map[string]string{"transaction_read_only": "on", "statement_timeout": "30s", "application_name": "dossier"}},
	} {
		for i := range pool.db.Stats().MaxOpenConnections {
			conn, err := pool.db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for setting, want := range pool.settings {
				var got string
				if err := conn.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&got); err != nil || got != want {
					t.Errorf("%s of connection %d of the pool %s is %s (%v), want %s", setting, i, name, got, err, want)
				}
			}
		}
	}
}

func TestSettingsOfTheURLWin(t *testing.T) {
	dsn, err := withSettings("postgresql://u:p%40ss@h:5/d?jit=on&application_name=mine", map[string]string{"jit": "off", "work_mem": "1MB"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{"jit": "on", "application_name": "mine", "work_mem": "1MB", "binary_parameters": "yes"} {
		if got := q.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if password, _ := u.User.Password(); password != "p@ss" || u.Host != "h:5" || u.Path != "/d" {
		t.Errorf("the URL became %s", u.Redacted())
	}
}

// What is wrong with a URL may be told, the password in it not.
func TestErrorsDoNotHaveThePassword(t *testing.T) {
	const secret = "hunter2"
	for _, databaseURL := range []string{
		"postgres://u:" + secret + "@127.0.0.1:1/d?sslmode=disable", // nobody listens there
		"postgres://u:" + secret + "@127.0.0.1:99999/d",
		"postgres://u:" + secret + "@nowhere.invalid/d",
		"postgres://u:" + secret + "@127.0.0.1:1/d?sslmode=" + secret,
		"postgres://u:" + secret + "@127.0.0.1:1/d?connect_timeout=" + secret,
		"postgres://u:" + secret + "%zz@h/d", "postgres://u:" + secret + "\x7f@h/d", "postgres://u:" + secret + "/x@h/d",
		"mysql://u:" + secret + "@h/d", "host=h password=" + secret, "://" + secret, secret,
	} {
		pools, err := openPools(t.Context(), databaseURL)
		if err == nil {
			t.Errorf("a database was opened: %+v", pools)
			continue
		}
		_, migrating := Migrate(t.Context(), databaseURL)
		listening := waker{url: databaseURL}.check()
		for _, err := range []error{err, migrating, listening} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("an error has the password: %v", err)
			}
		}
		if migrating == nil {
			t.Errorf("a database was migrated at %q", databaseURL)
		}
	}
}

// check is what Listen does with the URL before it waits.
func (w waker) check() error {
	_, err := withSettings(w.url, nil)
	return err
}

func TestOtherDatabasesAreNoURL(t *testing.T) {
	for _, databaseURL := range []string{"", "sqlite:x", "mysql://h/d", "host=h", "://"} {
		if _, err := openPools(t.Context(), databaseURL); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v, want %v", databaseURL, err, ErrURL)
		}
	}
}
