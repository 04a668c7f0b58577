package pgcluster

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// requireVariable, set to 1, lets a test fail that has no programs to run
// servers with; else it is skipped.
const requireVariable = "DOSSIER_TEST_REQUIRE_CLUSTER"

// New starts a server for a test, with settings of the form name=value, and
// removes it when the test ends.
func New(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s, err := Init(tb.Context(), Folder(tb), settings...)
	if errors.Is(err, ErrNoPrograms) && os.Getenv(requireVariable) != "1" {
		tb.Skipf("%v, so there is no server to break; %s=1 makes this a failure", err, requireVariable)
	}
	if err != nil {
		tb.Fatal(err)
	}
	Cleanup(tb, s)
	if err := s.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}

// Follow starts a standby of a test's server and removes it when the test ends.
func Follow(tb testing.TB, primary *Server, name string, settings ...string) *Server {
	tb.Helper()
	standby, err := primary.Standby(tb.Context(), Folder(tb), name, settings...)
	if err != nil {
		tb.Fatal(err)
	}
	Cleanup(tb, standby)
	return standby
}

// Folder returns a new folder that the owner of servers can reach: a test's own
// may be closed to other users. It is removed when the test ends.
func Folder(tb testing.TB) string {
	tb.Helper()
	folder, err := os.MkdirTemp("/tmp", "dossier-cluster-*")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			tb.Error(err)
		}
	})
	// Others may pass, not look.
	if err := os.Chmod(folder, 0o711); err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(folder, "server")
}

// Cleanup removes a server when the test ends.
func Cleanup(tb testing.TB, s *Server) {
	tb.Cleanup(func() {
		if err := s.Remove(); err != nil {
			tb.Errorf("remove a PostgreSQL server: %v", err)
		}
	})
}
