package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"dossier/cmd/dossier/internal/config"
)

// command is one that has all settings.
type command struct {
	config.Flags
	Rate int `help:"A flag of another kind."`
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// environment has variables, each NAME=value, and no terminal.
func environment(variables ...string) config.Environment {
	return config.Environment{Variables: variables, Now: now}
}

// flags parses a command line.
func flags(t testing.TB, args ...string) *command {
	t.Helper()
	var c command
	if _, err := config.Parse(parser(t, &c), args); err != nil {
		t.Fatalf("parse the command line: %v", err)
	}
	return &c
}

func parser(t testing.TB, grammar any) *kong.Kong {
	t.Helper()
	exit := func(int) { t.Error("the parser ended the program") }
	p, err := kong.New(grammar, config.Help(), kong.Name("dossier"), kong.Exit(exit))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// loaded returns the configuration of variables, which must be valid.
func loaded(t testing.TB, variables ...string) config.Config {
	t.Helper()
	c, err := config.Load(&command{}, environment(variables...))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return c
}

// faults returns what is wrong with variables. The configuration that comes
// with it must be of no use.
func faults(t testing.TB, variables ...string) config.Faults {
	t.Helper()
	c, err := config.Load(&command{}, environment(variables...))
	var found config.Faults
	if err != nil && !errors.As(err, &found) {
		t.Fatalf("the error is no list of faults: %v", err)
	}
	if len(found) > 0 && (c.Listen != "" || c.Secrets != nil) {
		t.Error("a faulty configuration can be used")
	}
	return found
}

// file returns the path of a new file.
func file(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
