package pgconn

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// setUp makes the settings of a session, in one round trip, and tells what it
// has come to. They are no part of the startup message: poolers refuse them
// there, or drop them without a word. What set_config returns is in force.
const setUp = `SELECT name, set_config(name, value, false), version(), current_setting('server_encoding'), pg_is_in_recovery()
FROM unnest($1::text[], $2::text[]) AS wanted (name, value)`

const (
	setOne      = `SELECT set_config($1, $2, false)`
	readVersion = `SELECT version()`
)

// settings are the settings of sessions.
type settings struct {
	ours, theirs  map[string]string
	names, values string // of all, as arrays
}

func newSettings(ours, theirs map[string]string) settings {
	all := map[string]string{
		// What the store's statements rely on. A stricter default of the server
		// would let those fail that meet another.
		"default_transaction_isolation": "read committed",
	}
	maps.Copy(all, ours)
	s := settings{ours: maps.Clone(all), theirs: theirs}
	maps.Copy(all, theirs)
	names := slices.Sorted(maps.Keys(all))
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = all[name]
		if _, ok := theirs[name]; ok {
			delete(s.ours, name)
		}
	}
	s.names, s.values = array(names), array(values)
	return s
}

// array is a column in the text form of PostgreSQL.
func array(column []string) string {
	text, _ := pq.StringArray(column).Value() // has no errors
	return text.(string)
}

// setUp makes a new connection one that can be used.
func (c *Connector) setUp(ctx context.Context, made *conn) error {
	found, err := made.read(ctx, setUp, c.settings.names, c.settings.values)
	if err != nil {
		return c.explain(ctx, made, err)
	}
	for _, row := range found {
		name, value, version, encoding, recovering := row[0], row[1], row[2], row[3], row[4]
		if err := unsupported(version, encoding); err != nil {
			return err
		}
		if c.options.Primary && recovering == "true" {
			return ErrStandby
		}
		if wanted, ok := c.settings.ours[name]; ok && value != wanted && !ofTCP(name) {
			return fmt.Errorf("%w: the server answers the setting %s = %s with %s", ErrUnsupported, name, wanted, value)
		}
	}
	if made.generation != nil {
		made.since, err = made.generation.meet(made.identify(ctx), made.since)
	}
	return err
}

// ofTCP: a session over a Unix socket shows other values, as poolers may have.
func ofTCP(name string) bool { return strings.HasPrefix(name, "tcp_") }

// explain finds out why a session could not be set up.
func (c *Connector) explain(ctx context.Context, made *conn, err error) error {
	if _, answered := errors.AsType[*pq.Error](err); !answered {
		return err
	}
	if found, err := made.read(ctx, readVersion); err == nil && len(found) == 1 {
		if err := unsupported(found[0][0], utf8); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.settings.theirs)) {
		_, wrong := made.read(ctx, setOne, name, c.settings.theirs[name])
		if refusal, ok := errors.AsType[*pq.Error](wrong); ok && plainName.MatchString(name) {
			// Not its text, which may repeat the value.
			return fmt.Errorf("%w: %s in the URL: the server refuses it (%s)", ErrParameter, name, refusal.Code)
		}
	}
	return fmt.Errorf("set up the session: %w", err)
}

// read returns the rows of a query, as text.
func (c *conn) read(ctx context.Context, query string, args ...string) (all [][]string, err error) {
	defer c.recovered(&err)
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	rows, err := c.pqConn.QueryContext(ctx, query, named)
	if err != nil {
		return nil, err
	}
	for {
		row := make([]driver.Value, len(rows.Columns()))
		err := rows.Next(row)
		if errors.Is(err, io.EOF) {
			return all, rows.Close()
		}
		if err != nil {
			rows.Close()
			return nil, err
		}
		texts := make([]string, len(row))
		for i, value := range row {
			texts[i] = fmt.Sprintf("%s", value)
			if truth, ok := value.(bool); ok {
				texts[i] = fmt.Sprint(truth)
			}
		}
		all = append(all, texts)
	}
}
