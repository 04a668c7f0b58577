package pgconn

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"
)

// ErrUnsupported: what answers is not a database that Dossier can use, though it
// speaks PostgreSQL's protocol. The error says why, and what to do.
var ErrUnsupported = errors.New("this database can't be used")

// ErrStandby: the server is a standby, or still recovering.
var ErrStandby = errors.New("the server is a standby")

const utf8 = "UTF8"

// unsupported says what is wrong with a server by its version() and the encoding
// of the database.
func unsupported(version, encoding string) error {
	switch {
	case strings.Contains(version, "CockroachDB"):
		return fmt.Errorf("%w: it is CockroachDB, which has no advisory locks of sessions: use PostgreSQL", ErrUnsupported)
	case encoding != utf8:
		return fmt.Errorf("%w: its encoding is %s: make one with CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8'", ErrUnsupported, encoding)
	default:
		return nil
	}
}

const (
	probeServer = `SELECT version(), current_setting('server_encoding')`
	probePID    = `SELECT pg_backend_pid()`
	// The key is "dosp" and a random number: probes do not meet.
	probeLock   = `SELECT pg_try_advisory_lock(1685025648, $1)`
	probeUnlock = `SELECT pg_advisory_unlock(1685025648, $1)`
)

// probeSilence is how long a probe waits for an answer.
const probeSilence = 30 * time.Second

// Probe connects twice and checks that Dossier can work through such
// connections: that it is PostgreSQL, with UTF-8; that each connection has one
// session of its own, as it has not behind a pooler in transaction mode; and that
// a session's lock keeps another out. It writes nothing and leaves no settings,
// for other programs may share a pooler's sessions. It returns ErrUnsupported, or
// why it can't connect.
func Probe(ctx context.Context, a Address, primary bool) error {
	db := sql.OpenDB(NewConnector(a, Options{Silence: probeSilence, Primary: primary, bare: true}))
	defer db.Close() // bare connections: what they say at the end does not matter
	one, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer one.Close()
	var version, encoding string
	if err := one.QueryRowContext(ctx, probeServer).Scan(&version, &encoding); err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	if err := unsupported(version, encoding); err != nil {
		return err
	}
	two, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer two.Close()
	if err := probeSessions(ctx, one, two); err != nil {
		return err
	}
	return probeLocks(ctx, one, two)
}

// probeSessions checks that two connections have two sessions, and keep them. A
// pooler that takes another session for each statement gives out the one that was
// used last, or each in turn: the order of these statements catches both, and
// their number those that other clients take in between.
func probeSessions(ctx context.Context, one, two *sql.Conn) error {
	const rounds = 4
	sessions := map[*sql.Conn]int{}
	for range rounds {
		for _, conn := range []*sql.Conn{one, one, two, one, two, two} {
			var pid int
			if err := conn.QueryRowContext(ctx, probePID).Scan(&pid); err != nil {
				return fmt.Errorf("ask for the session's process: %w", err)
			}
			if before, ok := sessions[conn]; ok && before != pid {
				return errPooled()
			}
			sessions[conn] = pid
			if sessions[one] == sessions[two] {
				return errPooled()
			}
		}
	}
	return nil
}

func errPooled() error {
	return fmt.Errorf("%w: statements of one connection meet different sessions, as behind PgBouncer in transaction mode: "+
		"set pool_mode = session for this database, or connect to PostgreSQL directly", ErrUnsupported)
}

// probeLocks checks that a session's lock keeps another session out.
func probeLocks(ctx context.Context, one, two *sql.Conn) error {
	var number [4]byte
	_, _ = rand.Read(number[:]) // never fails
	key := int32(binary.BigEndian.Uint32(number[:]))
	for _, step := range []struct {
		conn      *sql.Conn
		statement string
		want      bool
	}{
		{one, probeLock, true}, {two, probeLock, false}, {one, probeUnlock, true}, {two, probeLock, true}, {two, probeUnlock, true},
	} {
		var got bool
		if err := step.conn.QueryRowContext(ctx, step.statement, key).Scan(&got); err != nil {
			if _, answered := errors.AsType[*pq.Error](err); answered {
				return fmt.Errorf("%w: it has no advisory locks of sessions, by which servers take turns: %w", ErrUnsupported, err)
			}
			return fmt.Errorf("try a lock: %w", err)
		}
		if got != step.want {
			return fmt.Errorf("%w: its advisory locks of sessions, by which servers take turns, do not keep others out", ErrUnsupported)
		}
	}
	return nil
}
