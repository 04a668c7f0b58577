package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
)

const (
	auditNextEventKey   = `SELECT stream FROM events WHERE stream >= $1 ORDER BY stream LIMIT 1`
	auditNextHeadKey    = `SELECT stream FROM heads WHERE stream >= $1 ORDER BY stream LIMIT 1`
	auditNextSessionApp = `SELECT app FROM sessions WHERE app > $1 ORDER BY app LIMIT 1`
	auditNextStepApp    = `SELECT app FROM steps WHERE app > $1 ORDER BY app LIMIT 1`
	auditNextWaitingApp = `SELECT app FROM stats_waiting WHERE app > $1 ORDER BY app LIMIT 1`

	auditHeadVersion = `SELECT version FROM heads WHERE stream = $1`
)

// apps returns the apps that any of the tables has a row of, in order. The
// tables are not gone through: an index leads from each app to the next one.
func (a Audit) apps(ctx context.Context) ([]string, error) {
	found := map[string]bool{}
	for _, query := range []string{auditNextEventKey, auditNextHeadKey} {
		if err := a.eachApp(ctx, query, func(app, _ string) { found[app] = true }, nil); err != nil {
			return nil, err
		}
	}
	for _, query := range []string{auditNextSessionApp, auditNextStepApp, auditNextWaitingApp} {
		for app := ""; ; {
			next, ok, err := a.next(ctx, query, app)
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			app, found[next] = next, true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// eachApp calls fn for each app of the names of streams that a query finds, and
// strange, if it is not nil, for each name that is of none.
func (a Audit) eachApp(ctx context.Context, query string, fn func(app, key string), strange func(key string)) error {
	for from := ""; ; {
		key, ok, err := a.next(ctx, query, from)
		if err != nil || !ok {
			return err
		}
		app, _, found := strings.Cut(key, "/")
		if found && app != "" {
			fn(app, key)
			from = app + "0" // which is next to the slash
			continue
		}
		if strange != nil {
			strange(key)
		}
		from = key + "\x01" // the least text behind it that a database stores
	}
}

func (a Audit) next(ctx context.Context, query, from string) (key string, found bool, err error) {
	err = a.store.pools.Reads.QueryRowContext(ctx, query, from).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return key, err == nil, err
}

// ForeignHeads implements [audit.Models].
func (a Audit) ForeignHeads(ctx context.Context, fn func(version int64)) error {
	var strange []string
	keep := func(key string) { strange = append(strange, key) }
	err := a.eachApp(ctx, auditNextHeadKey, func(app, key string) {
		if key == app+"/" { // of no session
			keep(key)
		}
	}, keep)
	for _, key := range strange {
		var version int64
		switch gone := a.store.pools.Reads.QueryRowContext(ctx, auditHeadVersion, key).Scan(&version); {
		case gone == nil:
			fn(version)
		case !errors.Is(gone, sql.ErrNoRows):
			err = errors.Join(err, gone)
		}
	}
	return a.store.readError("read the heads", err)
}
