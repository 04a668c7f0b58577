package postgres

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"dossier/adapters/postgres/pgtest"
)

// patience is what a test waits for what must come.
const patience = 2 * time.Minute

// short is a silence that a test can wait for.
const short = 20 * time.Millisecond

// deaf is a server that takes connections, of which it tells, and never says a
// word.
func deaf(t *testing.T) (address string, connected <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepting, accepted := make(chan struct{}), make(chan struct{}, 100)
	var conns []net.Conn
	go func() {
		defer close(accepting)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
			accepted <- struct{}{}
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-accepting
		for _, conn := range conns {
			conn.Close()
		}
	})
	return listener.Addr().String(), accepted
}

func TestConnectionsToASilentServerFail(t *testing.T) {
	address, _ := deaf(t)
	dial := dialer{silence: short}
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
	address, _ := deaf(t)
	conn, err := dialer{silence: patience}.Dial("tcp", address)
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
	address, _ := deaf(t)
	if _, err := (dialer{silence: patience}).DialContext(ctx, "tcp", address); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A statement without any context of its own must come back.
func TestStatementOnASilentServerFails(t *testing.T) {
	databaseURL, err := url.Parse(pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	db, err := openPool(databaseURL.String(), 1, short, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`SELECT pg_sleep(600)`); classify(err) != classify(os.ErrDeadlineExceeded) || err == nil {
		t.Errorf("got %v", err)
	}
}

// A shutdown must not wait for a server that does not answer: here it would for
// an hour.
func TestListeningEndsWithItsContext(t *testing.T) {
	address, connected := deaf(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		w := waker{url: "postgres://u@" + address + "/d?sslmode=disable&connect_timeout=3600"}
		ended <- w.Listen(ctx, func() {})
	}()
	<-connected
	stop()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("it does not end")
	}
}
