package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"
)

const (
	channel = "dossier_events"
	// pingInterval finds out that a connection is dead without being told.
	pingInterval = 30 * time.Second
	// reconnect is how long the listener waits before it connects again. Nothing
	// wakes it meanwhile, so a shutdown waits as long.
	reconnect = time.Second
)

// waker implements sqlstore.Waker with NOTIFY.
type waker struct {
	url string
	db  *sql.DB
}

// Announce implements sqlstore.Waker.
func (w waker) Announce(ctx context.Context) error {
	_, err := w.db.ExecContext(ctx, `SELECT pg_notify('`+channel+`', '')`)
	return err
}

// Listen implements sqlstore.Waker.
func (w waker) Listen(ctx context.Context, grown func()) error {
	dsn, err := withSettings(w.url, nil)
	if err != nil {
		return err
	}
	listener := pq.NewListener(dsn, reconnect, reconnect, nil)
	defer closeListener(listener)
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
