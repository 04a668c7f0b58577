package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"dossier/adapters/postgres/pgconn"
)

const (
	channel = "dossier_events"
	// A listener is told nothing for hours, but asks for an answer at intervals.
	listenSilence = pingInterval + 15*time.Second
	// pingInterval finds out that a connection is dead without being told.
	pingInterval = 30 * time.Second
	// reconnect is how long the listener waits before it connects again. Nothing
	// wakes it meanwhile, so a shutdown waits as long.
	reconnect = time.Second
)

// waker implements sqlstore.Waker with NOTIFY.
type waker struct {
	address pgconn.Address
	db      *sql.DB
}

// announce does not wait for the disk, which its commit would else: a hint that
// a crash takes is none that anyone needs.
const announce = `BEGIN; SET LOCAL synchronous_commit TO off; SELECT pg_notify('` + channel + `', ''); COMMIT`

// Announce implements sqlstore.Waker.
func (w waker) Announce(ctx context.Context) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	if _, err = conn.ExecContext(ctx, announce); err != nil {
		// The transaction may be open still: the connection is of no more use.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return errors.Join(err, ignoreDone(conn.Close()))
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// Listen implements sqlstore.Waker.
func (w waker) Listen(ctx context.Context, grown func()) error {
	// Close waits for whoever talks to the server, so connections end first.
	connections, disconnect := context.WithCancel(ctx)
	listener := pq.NewDialListener(pgconn.Dialer{Silence: listenSilence, Until: connections}, w.address.Primary().DSN(), reconnect, reconnect, nil)
	defer closeListener(listener)
	defer disconnect()
	// Listen waits for a connection, for ever if there is none.
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	if err := listener.Listen(channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-listener.Notify: // nil after a reconnect, when some may have been missed
			grown()
		case <-ping.C:
			if err := listener.Ping(); err != nil {
				return fmt.Errorf("ping: %w", err)
			}
		}
	}
}

// closeListener returns when the listener's goroutines have ended.
func closeListener(l *pq.Listener) {
	l.Close()
	for range l.Notify {
	}
}
