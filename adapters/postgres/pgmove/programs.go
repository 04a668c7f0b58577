package pgmove

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"

	"dossier/adapters/postgres"
)

// ErrNoPrograms: pg_dump or pg_restore is not on the PATH.
var ErrNoPrograms = errors.New("PostgreSQL's programs pg_dump and pg_restore are needed, and not on the PATH")

// understood are the parameters of a URL that libpq knows and that lead to a
// server. Others are settings of our own connections. A password is none: the
// arguments of a program can be read by everyone on the machine.
func understood() []string {
	return []string{
		"host", "hostaddr", "port", "dbname", "user", "passfile", "connect_timeout", "sslmode", "sslcert", "sslkey", "sslrootcert",
		"sslcrl", "channel_binding", "target_session_attrs", "options", "gssencmode", "krbsrvname",
	}
}

// connection returns the URL for a program's arguments, and the variables of its
// environment that hold the rest.
func connection(databaseURL string) (argument string, variables []string, err error) {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", nil, postgres.ErrURL // the error of the parser repeats it
	}
	query := u.Query()
	password, given := u.User.Password()
	if query.Has("password") {
		password, given = query.Get("password"), true
	}
	if given {
		variables = append(variables, "PGPASSWORD="+password)
		if name := u.User.Username(); name != "" {
			u.User = url.User(name)
		}
	}
	for name := range query {
		if !slices.Contains(understood(), name) {
			query.Del(name)
		}
	}
	// libpq reads a + as it is.
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String(), variables, nil
}

// run runs a program with variables beside those of this process.
func run(ctx context.Context, variables []string, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return ErrNoPrograms
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), variables...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return fmt.Errorf("%s: %w: %s", name, err, line)
	}
	return nil
}
