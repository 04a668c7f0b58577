package postgres

import (
	"context"
	"testing"
	"time"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/postgres/pgtest"
)

// patience is what a test waits for what must come.
const patience = 2 * time.Minute

// A shutdown must not wait for a server that does not answer: here it would for
// an hour.
func TestListeningEndsWithItsContext(t *testing.T) {
	address, connected := pgtest.Deaf(t)
	a, err := pgconn.ParseAddress("postgres://u@" + address + "/d?sslmode=disable&connect_timeout=3600")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- waker{address: a}.Listen(ctx, func() {})
	}()
	<-connected
	stop()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("it does not end")
	}
}
