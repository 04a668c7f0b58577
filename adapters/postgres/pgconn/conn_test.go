package pgconn

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"runtime"
	"sync"
	"testing"

	"dossier/adapters/postgres/pgtest"
)

// mute passes on what a client says, and ends each connection instead of giving
// it the first answer after shut is called.
type mute struct {
	mu   sync.Mutex
	shut bool
}

func (m *mute) set(shut bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut = shut
}

func (m *mute) isShut() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shut
}

// muted returns the URL of a database through a mute.
func muted(t *testing.T, databaseURL string) (*mute, string) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m, server := new(mute), u.Host
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { m.serve(client, server) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	u.Host = listener.Addr().String()
	return m, u.String()
}

func (m *mute) serve(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	var asking sync.WaitGroup
	asking.Go(func() {
		_, _ = io.Copy(server, client)
		server.Close()
	})
	defer asking.Wait()
	defer client.Close()
	defer server.Close()
	for buffer := make([]byte, 4096); ; {
		n, err := server.Read(buffer)
		if err != nil || m.isShut() {
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// holdCommits lets each commit of a row wait for a lock.
const holdCommits = `CREATE TABLE kept (n int);
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	PERFORM pg_advisory_xact_lock(1);
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER held AFTER INSERT ON kept DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION hold()`

// A statement that was carried out, and whose answer is lost, must not be
// carried out once more.
func TestAWriteWhoseAnswerIsLostIsNotRepeated(t *testing.T) {
	databaseURL := pgtest.New(t)
	direct := opened(t, databaseURL, Options{})
	run(t, direct, holdCommits)
	m, through := muted(t, databaseURL)
	for name, write := range writers() {
		t.Run(name, func(t *testing.T) {
			m.set(false)
			db := opened(t, through+"&binary_parameters=yes", Options{Writes: true})
			before := count(t, direct)
			release := held(t, direct)
			written := make(chan error, 1)
			go func() { written <- write(t.Context(), db) }()
			for waiting := 0; waiting == 0; {
				waits := `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
				if err := direct.QueryRowContext(t.Context(), waits).Scan(&waiting); err != nil {
					t.Fatal(err)
				}
			}
			m.set(true)
			release()
			if err := <-written; !errors.Is(err, ErrLost) || again(err) {
				t.Errorf("got %v, want %v", err, ErrLost)
			}
			if after := count(t, direct); after != before+1 {
				t.Errorf("%d rows were written, want 1", after-before)
			}
			m.set(false)
			if err := db.PingContext(t.Context()); err != nil {
				t.Errorf("the next statement: %v", err)
			}
		})
	}
}

// held takes the lock of holdCommits.
func held(t *testing.T, db *sql.DB) (release func()) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), `SELECT pg_advisory_lock(1)`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := conn.ExecContext(t.Context(), `SELECT pg_advisory_unlock(1)`); err != nil {
			t.Error(err)
		}
		conn.Close()
	}
}

// idle fills a pool with connections that wait for their next use, and returns
// what waits for the end of all of them.
func idle(t *testing.T, db *sql.DB, n int) (pids map[int]bool, ended func()) {
	t.Helper()
	db.SetMaxIdleConns(n)
	var all []*sql.Conn
	var sockets []*socket
	pids = map[int]bool{}
	for range n {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, conn)
		pids[pid(t, conn)] = true
		sockets = append(sockets, socketOf(t, conn))
	}
	for _, conn := range all {
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return pids, func() { waitForEnd(sockets...) }
}

func socketOf(t *testing.T, pinned *sql.Conn) (s *socket) {
	t.Helper()
	err := pinned.Raw(func(driver any) error {
		s = driver.(*conn).socket
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// waitForEnd returns when the ends of connections have come here: a server's
// process is gone a moment before.
func waitForEnd(sockets ...*socket) {
	for _, s := range sockets {
		for s.alive() {
			runtime.Gosched()
		}
	}
}

// queryer is a pool or a connection.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func pid(t *testing.T, q queryer) (pid int) {
	t.Helper()
	if err := q.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// Whoever needs a connection gets one that works, however many have died in the
// pool.
func TestIdleConnectionsThatDiedAreReplaced(t *testing.T) {
	databaseURL := pgtest.New(t)
	db := opened(t, databaseURL, Options{Writes: true})
	run(t, db, `CREATE TABLE kept (n int)`)
	for name, write := range writers() {
		_, ended := idle(t, db, 5)
		pgtest.Terminate(t, databaseURL)
		ended()
		if err := write(t.Context(), db); err != nil && name != "statements with their own commit" {
			t.Errorf("%s on a connection that had died: %v", name, err)
		}
		db.SetMaxIdleConns(0)
	}
	if n := count(t, db); n != len(writers()) {
		t.Errorf("%d rows, want %d", n, len(writers()))
	}
}

// A server ends sessions that are idle for long, and says so; what it said is
// not the answer to the next statement.
func TestIdleTimeoutsAreNoErrors(t *testing.T) {
	databaseURL := pgtest.New(t)
	db := opened(t, databaseURL, Options{Writes: true})
	for range 5 {
		_, ended := idle(t, db, 1)
		run(t, db, `SET idle_session_timeout = 1`)
		ended()
	}
}

func TestRenewedPoolsUseNoConnectionOfBefore(t *testing.T) {
	generation := new(Generation)
	db := opened(t, pgtest.New(t), Options{Writes: true, Generation: generation})
	used, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, _ := idle(t, db, 5)
	before[pid(t, used)] = true
	generation.Renew()
	if again := pid(t, used); !before[again] {
		t.Error("a connection in use was replaced")
	}
	if err := used.Close(); err != nil {
		t.Fatal(err)
	}
	renewed, _ := idle(t, db, 6)
	for pid := range renewed {
		if before[pid] {
			t.Errorf("the connection %d is used again", pid)
		}
	}
	again, _ := idle(t, db, 6)
	for pid := range again {
		if !renewed[pid] {
			t.Errorf("the connection %d was opened without need", pid)
		}
	}
}
