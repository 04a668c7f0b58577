package sqlstore

import (
	"fmt"
	"strconv"
	"strings"

	"dossier/application/projection"
)

// ModelStatements read and write the tables of read models within a step. In
// each, the name of such a table is followed by @, for a read model may have its
// tables twice: the live ones, and those of a build beside them.
type ModelStatements struct {
	// LoadSessions reads app, session_id and state by columns of apps and ids.
	LoadSessions string
	// SaveSessions, SaveSteps and SaveFlags insert or replace rows. Their
	// columns are those of the tables.
	SaveSessions, SaveSteps, SaveFlags string
	// LoadFlags reads all columns of the flags by a column of positions.
	LoadFlags string
	// LoadWaiting reads all columns of the tracks that wait by columns of apps
	// and ids. SaveWaiting inserts or replaces them, and DeleteWaiting deletes
	// those of columns of apps, ids and step ids.
	LoadWaiting, SaveWaiting, DeleteWaiting string
	// AddStats adds counts to rows of the statistics, or inserts them. Its
	// columns are those of the table.
	AddStats string
}

// The tables of a read model by their use, as what @ stands for.
const (
	live   = ""
	beside = "_next"
)

// on returns the statements for the live tables or for those beside them.
func (m ModelStatements) on(tables string) ModelStatements {
	for _, statement := range []*string{
		&m.LoadSessions, &m.SaveSessions, &m.SaveSteps, &m.LoadFlags, &m.SaveFlags,
		&m.LoadWaiting, &m.SaveWaiting, &m.DeleteWaiting, &m.AddStats,
	} {
		*statement = on(tables, *statement)
	}
	return m
}

// on returns a statement for the live tables or for those beside them. A table
// can't be a parameter, and two copies of every statement would drift apart: no
// statement is changed elsewhere.
func on(tables, statement string) string { return strings.ReplaceAll(statement, "@", tables) }

// numbered returns a statement that makes an index with the name that it has in
// a build.
func numbered(statement string, build int64) string {
	return strings.ReplaceAll(statement, "#", "_"+strconv.FormatInt(build, 10))
}

// ModelTables make the tables of one read model beside the live ones. A # in
// the name of an index stands for the number of the build: an index can't be
// renamed in SQLite, so those of the live tables and of a build need names of
// their own.
type ModelTables struct {
	// Create makes the tables as the migrations do, without further indexes: to
	// make these once, when the rows are there, takes less.
	Create string
	// Complete are the indexes, and whatever else the tables need before they
	// are read. Each may run again.
	Complete []string
	// Claim keeps the database's own upkeep off the tables of both uses, and may
	// wait for it; readers are not held up. Empty where there is none.
	Claim string
	// Lock keeps readers off the live tables, or fails soon if one stays in them.
	// Empty where readers don't mind.
	Lock string
}

// swapped are the tables of a read model, and the statements that drop them and
// that give those beside the live ones their names.
type swapped struct {
	tables       []string
	drop, rename string
}

func swapOf(name string) (swapped, error) {
	switch name {
	case projection.SessionsName:
		return swapped{
			[]string{"sessions@", "steps@"},
			`DROP TABLE IF EXISTS sessions@; DROP TABLE IF EXISTS steps@`,
			`ALTER TABLE sessions_next RENAME TO sessions; ALTER TABLE steps_next RENAME TO steps`,
		}, nil
	case projection.FlagsName:
		return swapped{
			[]string{"flags@"},
			`DROP TABLE IF EXISTS flags@`,
			`ALTER TABLE flags_next RENAME TO flags`,
		}, nil
	case projection.StatsName:
		return swapped{
			[]string{"stats@", "stats_waiting@"},
			`DROP TABLE IF EXISTS stats@; DROP TABLE IF EXISTS stats_waiting@`,
			`ALTER TABLE stats_next RENAME TO stats; ALTER TABLE stats_waiting_next RENAME TO stats_waiting`,
		}, nil
	default:
		return swapped{}, fmt.Errorf("there is no read model %q", name)
	}
}
