package config

import (
	"net/url"
	"strconv"
	"strings"
)

// DatabaseKind is the kind of a database.
type DatabaseKind struct{ name string }

// The kinds of a database.
var (
	SQLite   = DatabaseKind{"sqlite"}
	Postgres = DatabaseKind{"postgres"}
)

// String returns the name, empty for the zero value.
func (k DatabaseKind) String() string { return k.name }

// Database says where the log and the read models are kept.
type Database struct {
	Kind        DatabaseKind
	SQLitePath  string // of a file; empty for PostgreSQL
	PostgresURL Secret // it may hold a password; zero for SQLite
}

func parseDatabase(v value, n *notes) Database {
	if path, ok := strings.CutPrefix(v.text, "sqlite:"); ok {
		return parseSQLite(path, n)
	}
	if strings.HasPrefix(v.text, "postgres://") || strings.HasPrefix(v.text, "postgresql://") {
		return parsePostgres(v.text, n)
	}
	n.fault("sqlite:PATH or postgres://... is expected")
	return Database{}
}

func parseSQLite(path string, n *notes) Database {
	switch {
	case path == "":
		n.fault("the path of a file is expected after sqlite:")
	case strings.Contains(path, ":memory:"):
		n.fault("a database in memory would lose the log: the path of a file is expected")
	case strings.HasPrefix(path, "//"):
		// sqlite://name.db would be a file of the root folder.
		n.fault("sqlite: is followed by a path, not by slashes: sqlite:dossier.db or sqlite:/var/lib/dossier.db")
	case strings.HasSuffix(path, "/"):
		n.fault("this is a folder: the path of a file is expected")
	case strings.ContainsAny(path, "?#") || strings.ContainsFunc(path, invisible):
		n.fault("the path has options behind it, or characters that a file's name should not have")
	}
	return Database{Kind: SQLite, SQLitePath: path}
}

func parsePostgres(text string, n *notes) Database {
	u, err := url.Parse(text)
	switch {
	case err != nil: // whose text repeats the URL
		n.fault("not a valid URL; special characters of the user and the password have to be percent-encoded")
	case misread(u):
		n.fault("there is a @, # or stray % behind the host; special characters of the user and the password have to be percent-encoded")
	case !validPort(u):
		n.fault("the port is not a number from 1 to 65535")
	}
	return Database{Kind: Postgres, PostgresURL: NewSecret(text)}
}

// misread finds a URL that is valid, but means another host and database than
// its author meant, for the password has a raw slash, question mark or hash.
func misread(u *url.URL) bool {
	options, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Fragment != "" || strings.Contains(u.Path, "@") {
		return true
	}
	for name := range options {
		if strings.Contains(name, "@") {
			return true
		}
	}
	return false
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// parsePath reads the path of a file.
func parsePath(v value, n *notes) string {
	if strings.HasSuffix(v.text, "/") || strings.ContainsFunc(v.text, invisible) {
		n.fault("the path of a file is expected")
	}
	return v.text
}
