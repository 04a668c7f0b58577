package postgres

import (
	"context"
	"sync"
	"time"

	"dossier/adapters/postgres/pgconn"
)

const (
	// standbyPause is how long a migration may take before anybody asks what it
	// waits for, and between two times of asking.
	standbyPause = 3 * time.Second
	// migrateSilence is how long a migration may take without a word: it waits for
	// a standby as long as it is away. A server that is gone is noticed by the
	// network's own means.
	migrateSilence = 7 * 24 * time.Hour
)

// selectWait reads the names of the synchronous standbys if a commit of ours
// waits for one.
const selectWait = `SELECT current_setting('synchronous_standby_names') FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND wait_event = 'SyncRep' LIMIT 1`

// tellWait calls tell, once, if a commit waits for a synchronous standby, with the
// server's synchronous_standby_names. It watches until stop is called, which
// returns when it has ended.
func tellWait(ctx context.Context, a pgconn.Address, tell func(names string)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		ticker := time.NewTicker(standbyPause)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if names, waits := standbyWait(ctx, a); waits {
				tell(names)
				return
			}
		}
	})
	return func() {
		cancel()
		watching.Wait()
	}
}

// standbyWait says whether a commit waits for a standby. A database that does not
// answer is for others to tell of.
func standbyWait(ctx context.Context, a pgconn.Address) (names string, waits bool) {
	ctx, cancel := context.WithTimeout(ctx, standbyPause)
	defer cancel()
	db := openPool(a, 1, pgconn.Options{Silence: standbyPause, Primary: true, Settings: readSettings()})
	defer db.Close()
	err := db.QueryRowContext(ctx, selectWait).Scan(&names)
	return names, err == nil
}
