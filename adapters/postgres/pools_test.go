package postgres

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlstore"
)

func openedPools(t *testing.T) sqlstore.Pools {
	t.Helper()
	pools := openedAt(t, pgtest.New(t))
	t.Cleanup(func() {
		pools.Log.Close()
		pools.Models.Close()
		pools.Reads.Close()
	})
	return pools
}

// openedAt opens the pools of a database. Whoever calls it closes them.
func openedAt(t *testing.T, databaseURL string) sqlstore.Pools {
	t.Helper()
	address, err := probed(t.Context(), databaseURL, true)
	if err != nil {
		t.Fatal(err)
	}
	pools, err := openPools(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
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
			"enable_seqscan": "off", "application_name": pgconn.ApplicationName(), "transaction_isolation": "read committed"}},
		"models": {pools.Models, map[string]string{"synchronous_commit": "off", "transaction_read_only": "off", "application_name": pgconn.ApplicationName()}},
		"reads":  {pools.Reads, map[string]string{"transaction_read_only": "on", "statement_timeout": "30s", "application_name": pgconn.ApplicationName()}},
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
		store, err := Open(t.Context(), databaseURL, sqlstore.Config{})
		if err == nil {
			t.Error("a database was opened")
			store.Close()
			continue
		}
		_, migrating := Migrate(t.Context(), databaseURL)
		_, consuming := OpenConsumer(t.Context(), databaseURL, time.Now)
		for _, err := range []error{err, migrating, consuming} {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("an error has the password: %v", err)
			}
		}
	}
}

func TestOtherDatabasesAreNoURL(t *testing.T) {
	for _, databaseURL := range []string{"", "sqlite:x", "mysql://h/d", "host=h", "://"} {
		if _, err := Open(t.Context(), databaseURL, sqlstore.Config{}); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v, want %v", databaseURL, err, ErrURL)
		}
	}
}
