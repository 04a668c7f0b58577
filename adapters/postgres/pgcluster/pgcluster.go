// Package pgcluster runs PostgreSQL servers of its own: primaries and their
// standbys, which can be stopped, killed, frozen and promoted. It is for tests
// and for the torture, which need servers to break.
//
// It needs PostgreSQL's programs (initdb, pg_ctl, pg_basebackup) on this
// machine. PostgreSQL refuses to run as root: then its programs run as the user
// postgres, or nobody. A server listens on the loopback address only, as the
// superuser dossier with no password. It is no way to run a real one.
package pgcluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// User is the superuser of each server.
const User = "dossier"

// Server is one PostgreSQL server and its data. Its methods are for one
// goroutine at a time.
type Server struct {
	programs programs
	folder   string // of data and log
	port     int
	settings []string // given to each start
}

// Init makes the data of a new server in a folder, which it makes if need be;
// the server is not started. Settings have the form name=value, as in
// postgresql.conf. It returns ErrNoPrograms.
func Init(ctx context.Context, folder string, settings ...string) (*Server, error) {
	s, err := newServer(folder, settings)
	if err != nil {
		return nil, err
	}
	_, err = s.programs.run(ctx, s.folder, "initdb", "-D", s.data(), "-U", User, "-A", "trust",
		"--no-locale", "-E", "UTF8", "--no-sync")
	return s, err
}

func newServer(folder string, settings []string) (*Server, error) {
	found, err := find()
	if err != nil {
		return nil, err
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if err := found.makeFolder(folder); err != nil {
		return nil, err
	}
	s := &Server{programs: found, folder: folder, settings: settings}
	return s, s.takePort()
}

// takePort finds a free port. Another may take it before the server does, which
// is then found out at its start.
func (s *Server) takePort() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("find a free port: %w", err)
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	return listener.Close()
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// Port is the TCP port that the server listens on, at each of its starts.
func (s *Server) Port() int { return s.port }

// URL is the postgres:// URL of a database of the server. There is always one
// named postgres.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(User), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Start starts the server and returns when it accepts connections, or, as a
// standby, when it accepts reads.
func (s *Server) Start(ctx context.Context) error {
	options := []string{
		"-p " + strconv.Itoa(s.port), "-c listen_addresses=127.0.0.1", "-c unix_socket_directories=",
	}
	for _, setting := range s.settings {
		options = append(options, "-c "+quoted(setting))
	}
	_, err := s.programs.run(ctx, s.folder, "pg_ctl", "-D", s.data(), "-l", s.log(), "-w", "-t", "120",
		"-o", strings.Join(options, " "), "start")
	if err != nil {
		return fmt.Errorf("%w; its log ends with: %s", err, s.lastLines())
	}
	return nil
}

// quoted writes a setting for pg_ctl, which gives its options to a shell.
func quoted(setting string) string { return "'" + strings.ReplaceAll(setting, "'", `'\''`) + "'" }

func (s *Server) log() string { return filepath.Join(s.folder, "server.log") }

func (s *Server) lastLines() string {
	const most = 2000
	text, err := os.ReadFile(s.log())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

// The ways to stop a server, as pg_ctl names them.
const (
	Fast      = "fast"      // ends the connections and writes everything out
	Immediate = "immediate" // ends at once: the next start recovers from the log
)

// Stop stops the server in one of the modes and returns when it has ended.
func (s *Server) Stop(ctx context.Context, mode string) error {
	_, err := s.programs.run(ctx, s.folder, "pg_ctl", "-D", s.data(), "-m", mode, "-w", "-t", "120", "stop")
	return err
}

// Running says whether the server has a process.
func (s *Server) Running() bool {
	process, err := s.postmaster()
	if err != nil {
		return false
	}
	_, state := readStat(process)
	return state != "" && state != "Z"
}

// Promote makes a primary of a standby and returns when it accepts writes.
func (s *Server) Promote(ctx context.Context) error {
	_, err := s.programs.run(ctx, s.folder, "pg_ctl", "-D", s.data(), "-w", "-t", "120", "promote")
	return err
}

// Standby makes a standby of this server, which must be running, in a folder, and
// starts it. Its name is what the primary's synchronous_standby_names may say.
// The settings of the primary's Init are the standby's, too; more can be given.
func (s *Server) Standby(ctx context.Context, folder, name string, settings ...string) (*Server, error) {
	standby, err := newServer(folder, append(append([]string{}, s.settings...), settings...))
	if err != nil {
		return nil, err
	}
	source := fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s sslmode=disable", s.port, User, name)
	if _, err := s.programs.run(ctx, folder, "pg_basebackup", "-D", standby.data(), "-d", source,
		"-R", "-X", "stream", "-c", "fast", "--no-sync"); err != nil {
		return nil, err
	}
	return standby, standby.Start(ctx)
}

// Demote makes the data of a server that does not run those of a standby, which
// follows the server of a URL, or none if it is nil, from its next start.
func (s *Server) Demote(primary *Server, name string) error {
	if err := s.write("standby.signal", ""); err != nil {
		return err
	}
	if primary == nil {
		return nil
	}
	return s.appendTo("postgresql.auto.conf", fmt.Sprintf(
		"primary_conninfo = 'host=127.0.0.1 port=%d user=%s application_name=%s sslmode=disable'\n", primary.port, User, name))
}

// Remove stops the server at once, if it runs, and removes its data.
func (s *Server) Remove() error {
	var err error
	if s.Running() {
		err = errors.Join(s.Resume(), s.Stop(context.Background(), Immediate))
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}
