package pgconn

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
)

// ErrLeftBehind: the server is a primary of an older timeline than one that this
// process has met: a standby was promoted in its place, and it runs on, or again.
// What it says is out of date, and what is written to it is lost.
var ErrLeftBehind = errors.New("the server was left behind by a failover")

// whichServer tells servers apart: the cluster that they are copies of, and the
// timeline, whose number each promotion makes greater. The number is that of the
// file which is written to now: the one in the control file follows later. Some
// services do not let anybody ask.
const whichServer = `SELECT (SELECT system_identifier FROM pg_control_system())::text,
  CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END`

// server is one life of a cluster's data, from a promotion to the next.
type server struct {
	cluster  string
	timeline int64
}

// Generation counts when all connections of some pools were given up, and knows
// the newest server that they have met. It is safe for concurrent use.
type Generation struct {
	mu     sync.Mutex
	number int64
	newest server
}

// Renew lets no connection be used again that was opened before: an idle one is
// closed instead of being taken, and one in use when it is given back.
func (g *Generation) Renew() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.number++
}

// Server names the newest server that was met; empty if none has told.
func (g *Generation) Server() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.newest == (server{}) {
		return ""
	}
	return fmt.Sprintf("%s/%08X", g.newest.cluster, g.newest.timeline)
}

func (g *Generation) current() int64 {
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.number
}

// meet takes note of the server of a new connection, which was begun in a
// generation, and returns the one that it belongs to. A server that was promoted
// in the place of the one before ends all older connections, as another cluster
// does. The one that it replaced is refused.
func (g *Generation) meet(s server, since int64) (int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case s == (server{}) || s == g.newest:
		return since, nil
	case g.newest == (server{}):
		g.newest = s
		return since, nil
	case s.cluster == g.newest.cluster && s.timeline < g.newest.timeline:
		return since, fmt.Errorf("%w: it is on timeline %d, and another is on %d; "+
			"stop it, or restart Dossier if it is the one to go on with", ErrLeftBehind, s.timeline, g.newest.timeline)
	}
	g.newest = s
	g.number++
	return g.number, nil
}

// identify says which server a connection leads to; none if it does not tell.
func (c *conn) identify(ctx context.Context) server {
	rows, err := c.read(ctx, whichServer)
	if err != nil || len(rows) != 1 || rows[0][1] == "" {
		return server{}
	}
	timeline, err := strconv.ParseInt(rows[0][1], 16, 64)
	if err != nil {
		return server{}
	}
	return server{rows[0][0], timeline}
}
