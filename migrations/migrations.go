// Package migrations holds the schema of both databases: the same numbers and
// names, each in the words of its database.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres returns the migrations of PostgreSQL.
func Postgres() fs.FS { return sub("postgres") }

// SQLite returns the migrations of SQLite.
func SQLite() fs.FS { return sub("sqlite") }

func sub(dir string) fs.FS {
	tree, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return tree
}
