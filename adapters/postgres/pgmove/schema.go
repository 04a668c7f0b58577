package pgmove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/lib/pq"

	"dossier/adapters/postgres"
)

var (
	// ErrOtherSchema: the URL leads to another schema than the backup's.
	ErrOtherSchema = errors.New("the backup is of another schema than the one that the URL leads to")
	// ErrNoBackup: a file is of PostgreSQL's format, and not the dump of one log.
	ErrNoBackup = errors.New("the file is not a backup of one log: make one with dossier backup")
)

// onlySchema is the argument that lets pg_dump take one schema. It reads a
// pattern, in which a quoted name means itself.
func onlySchema(schema string) string { return "--schema=" + pq.QuoteIdentifier(schema) }

// checkSchema returns ErrOtherSchema unless a URL leads to a schema, and whether
// that is there.
func checkSchema(ctx context.Context, databaseURL, schema string) (there bool, err error) {
	there, leads, err := postgres.FitSchema(ctx, databaseURL, schema)
	if err == nil && leads != schema {
		err = fmt.Errorf("%w: add search_path=%s to DOSSIER_DATABASE_URL (it leads to %q), quoted for a URL, and restore again",
			ErrOtherSchema, pq.QuoteIdentifier(schema), leads)
	}
	return there, err
}

// listed writes what a backup holds into a file that pg_restore reads as the list
// of what to restore, and returns the name of the log's schema.
func listed(ctx context.Context, backup, list string) (schema string, err error) {
	if err := run(ctx, nil, "pg_restore", "--list", "--file="+list, backup); err != nil {
		return "", err
	}
	lines, err := readList(list)
	if err != nil {
		return "", err
	}
	found := 0
	for _, line := range lines {
		rest, isData := strings.CutPrefix(entryOf(line), "TABLE DATA ")
		if end := strings.LastIndex(rest, " events "); isData && end > 0 {
			schema = rest[:end]
			found++
		}
	}
	if found != 1 {
		return "", ErrNoBackup
	}
	return schema, nil
}

// withoutSchema takes the schema itself out of a list: it is there.
func withoutSchema(list string) error {
	lines, err := readList(list)
	if err != nil {
		return err
	}
	var kept strings.Builder
	for _, line := range lines {
		entry := entryOf(line)
		if !strings.HasPrefix(entry, "SCHEMA - ") && !strings.HasPrefix(entry, "COMMENT - SCHEMA ") {
			kept.WriteString(line)
		}
	}
	return os.WriteFile(list, []byte(kept.String()), 0o600)
}

func readList(list string) ([]string, error) {
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, fmt.Errorf("read what the backup holds: %w", err)
	}
	return strings.SplitAfter(string(text), "\n"), nil
}

// entryOf returns the kind, schema, name and owner of a line such as
// "215; 1259 16386 TABLE DATA public events dossier".
func entryOf(line string) string {
	parts := strings.SplitN(line, " ", 4)
	if strings.HasPrefix(line, ";") || len(parts) < 4 {
		return ""
	}
	return parts[3]
}
