package pubsub_test

import (
	"net/url"
	"os"
	"path"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"

	"dossier/adapters/pubsub"
)

const (
	// The name can't be a parameter; those of pgtest need no quotes.
	refuseConnections = ` WITH ALLOW_CONNECTIONS false`
	admitConnections  = ` WITH ALLOW_CONNECTIONS true`

	terminateAll = `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = $1`
)

// faults implements watermill.LoggerAdapter: it tells of errors.
type faults struct {
	watermill.NopLogger
	errors chan error
}

// Error implements watermill.LoggerAdapter.
func (f faults) Error(_ string, err error, _ watermill.LogFields) {
	select {
	case f.errors <- err:
	default:
	}
}

// With implements watermill.LoggerAdapter.
func (f faults) With(watermill.LogFields) watermill.LoggerAdapter { return f }

// The database goes away, refuses connections for a while, and comes back.
func TestASubscriptionGoesOnWhenTheDatabaseIsBack(t *testing.T) {
	databaseURL := onPostgres(t)
	store := server(t, databaseURL)
	says(t, store, "before")
	logger := faults{errors: make(chan error)}
	s := open(t, databaseURL, pubsub.Config{Logger: logger})
	in := subscribeTo(t, s)
	expect(t, in, 1, 1)

	admin := raw(t, os.Getenv("DOSSIER_TEST_POSTGRES_URL"))
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	name := path.Base(parsed.Path)
	if _, err := admin.Exec(`ALTER DATABASE ` + name + refuseConnections); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(terminateAll, name); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		select {
		case <-logger.errors:
		case <-time.After(patience):
			t.Fatal("nobody is told that the database is away")
		}
	}
	if _, err := admin.Exec(`ALTER DATABASE ` + name + admitConnections); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := store.Append(t.Context(), request("a", "after")); err == nil {
			break
		}
	}
	expect(t, in, 2, 2)
}
