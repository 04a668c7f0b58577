package pgconn

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"dossier/adapters/postgres/pgtest"
)

// short is a silence that a test can wait for.
const short = 20 * time.Millisecond

func TestConnectionsToASilentServerFail(t *testing.T) {
	address, _ := pgtest.Deaf(t)
	dial := Dialer{Silence: short}
	for name, connect := range map[string]func() (net.Conn, error){
		"Dial":        func() (net.Conn, error) { return dial.Dial("tcp", address) },
		"DialTimeout": func() (net.Conn, error) { return dial.DialTimeout("tcp", address, patience) },
		"DialContext": func() (net.Conn, error) { return dial.DialContext(t.Context(), "tcp", address) },
	} {
		conn, err := connect()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for range 2 {
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: a read of nothing: %v", name, err)
			}
		}
	}
}

// The time that connecting may take is lib/pq's own, and as it says.
func TestDeadlinesOfTheDriverWin(t *testing.T) {
	address, _ := pgtest.Deaf(t)
	conn, err := Dialer{Silence: patience}.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(short)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read: %v", err)
	}
}

func TestDialingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	address, _ := pgtest.Deaf(t)
	if _, err := (Dialer{Silence: patience}).DialContext(ctx, "tcp", address); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A statement without any context of its own must come back.
func TestStatementOnASilentServerFails(t *testing.T) {
	db := opened(t, pgtest.New(t), Options{Silence: short, bare: true})
	if _, err := db.Exec(`SELECT pg_sleep(600)`); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// Connecting ends with its context while the server says nothing.
func TestConnectingToASilentServerEndsWithItsContext(t *testing.T) {
	address, connected := pgtest.Deaf(t)
	db := opened(t, "postgres://u@"+address+"/d?sslmode=disable", Options{Silence: patience})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-connected
		cancel()
	}()
	if err := db.PingContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
