package pgproxy_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver named "postgres"

	"dossier/adapters/postgres/pgcluster"
	"dossier/torture/pgproxy"
)

const (
	create = `CREATE TABLE events (position bigint)`
	insert = `INSERT INTO events VALUES ($1)`
	count  = `SELECT count(*) FROM events WHERE position = $1`
)

// behind returns a database behind a proxy, and the same without.
func behind(t *testing.T) (proxy *pgproxy.Proxy, proxied, direct *sql.DB) {
	t.Helper()
	server := pgcluster.New(t)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port()))
	proxy, err := pgproxy.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	direct, proxied = open(t, address), open(t, proxy.Address())
	if _, err := direct.Exec(create); err != nil {
		t.Fatal(err)
	}
	return proxy, proxied, direct
}

func open(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", fmt.Sprintf("postgres://%s@%s/postgres?sslmode=disable", pgcluster.User, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func has(t *testing.T, db *sql.DB, position int) bool {
	t.Helper()
	var n int
	if err := db.QueryRow(count, position).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func TestWhatIsLostIsLostWhereItWasAimedAt(t *testing.T) {
	proxy, proxied, direct := behind(t)
	tx, err := proxied.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(insert, 1); err != nil {
		t.Fatal(err)
	}
	losing(t, proxy, proxy.LoseAnswer, tx.Commit)
	if !has(t, direct, 1) {
		t.Error("an answer was to be lost, and the commit was")
	}
	// In a transaction: the driver would send a statement of its own again.
	if tx, err = proxied.Begin(); err != nil {
		t.Fatal(err)
	}
	losing(t, proxy, proxy.LoseDemand, func() error {
		_, err := tx.Exec(insert, 2)
		return err
	})
	if has(t, direct, 2) {
		t.Error("a demand was to be lost, and was executed")
	}
	if _, err := proxied.Exec(insert, 3); err != nil {
		t.Errorf("what follows fails: %v", err)
	}
}

// losing arms a loss, does something that meets it, and wants an error.
func losing(t *testing.T, proxy *pgproxy.Proxy, lose func(context.Context) error, do func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	lost := make(chan error, 1)
	go func() { lost <- lose(ctx) }()
	<-proxy.Armed()
	if err := do(); err == nil {
		t.Error("what meets a loss succeeds")
	}
	if err := <-lost; err != nil {
		t.Error(err)
	}
}

func TestAStallHoldsAndAResetCuts(t *testing.T) {
	proxy, proxied, _ := behind(t)
	if has(t, proxied, 1) {
		t.Fatal("the table is not empty")
	}
	proxy.Stall()
	answered := make(chan error, 1)
	go func() { answered <- proxied.Ping() }()
	select {
	case err := <-answered:
		t.Fatalf("a stalled proxy let an answer through (%v)", err)
	default:
	}
	proxy.Flow()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	conn, err := proxied.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	proxy.Reset()
	if err := conn.PingContext(t.Context()); err == nil {
		t.Error("a connection outlived a reset")
	}
}
