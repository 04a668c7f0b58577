// Package world runs what is broken: servers of the built binary, their
// database, and what stands between and behind them.
package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// What every server of a run is configured with.
const (
	Secret = "torture-webhook-secret-0123456789"
	Token  = "torture-admin-token-0123456789"
)

// Config describes a world.
type Config struct {
	Folder   string   // of the run; it must exist
	Program  string   // the dossier binary
	Servers  int      // on one database
	Database Database // not yet opened
	Extra    []string // further variables of each server
}

// World is what runs.
type World struct {
	config   Config
	Servers  []*Server
	Relay    *Server // a process of its own that relays to a receiver; nil: none
	Database Database

	running context.Context // of all processes
	cancel  context.CancelFunc
	ended   sync.WaitGroup
	mu      sync.Mutex
	fault   error
}

// Database is where the servers of a world keep their log.
type Database interface {
	// Open makes it, for a number of servers.
	Open(ctx context.Context, folder string, servers int) error
	// URLOf is what a server's DOSSIER_DATABASE_URL says, and Direct the URL of
	// where the log is now, with nothing in between.
	URLOf(server int) string
	Direct() string
	// Another makes a further, empty database, and returns its URL and what
	// removes it.
	Another(ctx context.Context) (databaseURL string, remove func(), err error)
	// Settle ends what runs of it and returns the folder that its data are in.
	Settle(ctx context.Context) (folder string, err error)
	// Close removes it.
	Close() error
}

// Open starts all of a world and returns when each server is ready.
func Open(ctx context.Context, c Config) (*World, error) {
	w := &World{config: c, Database: c.Database}
	if err := c.Database.Open(ctx, c.Folder, c.Servers); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	w.running, w.cancel = context.WithCancel(ctx)
	for i := range c.Servers {
		variables := append(w.Variables(i), c.Extra...)
		s, err := newServer(c.Folder, fmt.Sprintf("server-%d", i+1), c.Program, variables)
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		w.Servers = append(w.Servers, s)
		w.start(s)
	}
	if err := w.AwaitReady(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *World) start(s *Server) {
	w.ended.Go(func() { w.note(s.run(w.running)) })
	s.Want(true)
}

// receiverSecret signs what the receiver gets.
const receiverSecret = "whsec_dG9ydHVyZS1yZWNlaXZlci1zZWNyZXQtMDEyMzQ1Njc4OQ=="

// RelayTo starts a relay to a receiver, in a process of its own. Its waits are
// short: a receiver is away for some seconds, and nothing may be parked.
func (w *World) RelayTo(receiver string) error {
	variables := append(w.Variables(0), "DOSSIER_RELAY="+receiver, "DOSSIER_RELAY_ALLOW_PRIVATE=true",
		"DOSSIER_RECEIVER_SECRETS="+receiverSecret, "DOSSIER_RECEIVER_WAITS=200ms,500ms,1s,2s,5s,10s,20s,30s")
	s, err := newServer(w.config.Folder, "relay", w.config.Program, variables)
	if err != nil {
		return err
	}
	s.argument = "relay"
	w.Relay = s
	w.start(s)
	return nil
}

// Variables are the environment of a command on the database as a server sees it.
func (w *World) Variables(server int) []string {
	return append(variablesOf(w.Database.URLOf(server), w.config.Folder), "DOSSIER_API_TOKENS=admin:"+Token,
		"DOSSIER_WEBHOOK_SECRETS=default="+Secret+","+string(ProviderApp)+"="+ProviderSecret)
}

func variablesOf(databaseURL, folder string) []string {
	return []string{"DOSSIER_DATABASE_URL=" + databaseURL, "DOSSIER_LOG_KEY_FILE=" + filepath.Join(folder, "log-key")}
}

// AwaitReady returns when each server is ready.
func (w *World) AwaitReady(ctx context.Context) error {
	for _, s := range w.Servers {
		if err := s.AwaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// URLs are where the servers answer.
func (w *World) URLs() (all []string) {
	for _, s := range w.Servers {
		all = append(all, s.URL())
	}
	return all
}

func (w *World) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = errors.Join(w.fault, err)
}

// StopServers asks all servers to end and returns when they have.
func (w *World) StopServers(ctx context.Context) (err error) {
	all := w.Servers
	if w.Relay != nil {
		all = append([]*Server{w.Relay}, all...)
	}
	for _, s := range all {
		s.Want(false)
	}
	for _, s := range all {
		err = errors.Join(err, s.Interrupt(ctx))
	}
	return err
}

// Close ends everything and removes the database.
func (w *World) Close() error {
	w.cancel()
	w.ended.Wait()
	return errors.Join(w.fault, w.Database.Close())
}

// Command runs a command of the binary on the database, with nothing in
// between, and returns its exit code and its output.
func (w *World) Command(ctx context.Context, args ...string) (Ran, error) {
	return run(ctx, w.config.Program, w.config.Folder, variablesOf(w.Database.Direct(), w.config.Folder), args...)
}

// MakeFolder makes the folder of a run, which other users may pass through: the
// servers of PostgreSQL are not root's.
func MakeFolder(path string) error {
	if err := os.MkdirAll(path, 0o711); err != nil {
		return err
	}
	return os.Chmod(path, 0o711)
}
