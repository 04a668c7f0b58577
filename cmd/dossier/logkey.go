package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"dossier/adapters/sqlstore"
	"dossier/adapters/wholefile"
	"dossier/application/translog"
	"dossier/cmd/dossier/internal/config"
)

// logKey is what the log is signed with.
type logKey struct {
	// key is nil if this process does not sign.
	key *translog.Key
	// verifiers are those of the log, whoever signs it, the former ones too.
	verifiers string
	path      string
}

// memory is nil without a key.
func (k logKey) memory() translog.Memory {
	if k.key == nil {
		return nil
	}
	return keptNote(k.memoryPath())
}

// memorySuffix ends the name of the file that remembers what a key signed.
const memorySuffix = ".signed"

func (k logKey) memoryPath() string { return k.path + memorySuffix }

// logKeyOf is the file of a log's key, by what is in it: that of logKeyPath, or the
// one beside it that ends with the key's name. So a file of a key is never moved or
// written again, whatever log is served with that path.
func logKeyOf(cfg config.Config, verifiers string) string {
	path, current := logKeyPath(cfg), translog.CurrentVerifier(verifiers)
	if own := named(path, keyName(current)); current != "" && !holdsKey(path, current) && holdsKey(own, current) {
		return own
	}
	return path
}

func holdsKey(path, verifier string) bool {
	key, err := readLogKey(path)
	return err == nil && key.Verifier() == verifier
}

// named is the file of a key that stands beside that of another.
func named(path, key string) string { return path + "." + notInName.ReplaceAllString(key, "_") }

// fileOfKey is the file of the key of a name, which has signed: that of its own, if
// there is one, else path.
func fileOfKey(path, name string) string {
	own := named(path, name)
	if _, err := os.Lstat(own); err == nil {
		return own
	}
	return path
}

// logKeyPath is where the key is kept at first: where the configuration says, else
// beside the database file, else in the working directory.
func logKeyPath(cfg config.Config) string {
	switch {
	case cfg.LogKeyFile != "":
		return cfg.LogKeyFile
	case cfg.Database.Kind == config.SQLite:
		return cfg.Database.SQLitePath + ".log-key"
	default:
		return "dossier-" + databaseName(cfg.Database.PostgresURL.Reveal()) + ".log-key"
	}
}

// notInName is what is replaced in the name of a file.
var notInName = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// databaseName returns the name of a PostgreSQL database as a part of the name
// of a file.
func databaseName(databaseURL string) string {
	u, err := url.Parse(databaseURL)
	if err != nil || len(u.Path) < 2 {
		return "postgres"
	}
	return notInName.ReplaceAllString(u.Path[1:], "_")
}

// makeLogKey reads the key of the log, or makes it at the first start. Without
// the right key the service runs all the same: webhooks must not be lost because
// of it. The log is then not signed by this process, which is logged.
func makeLogKey(ctx context.Context, store *sqlstore.Store, cfg config.Config, logger *slog.Logger) (k logKey, err error) {
	if k.verifiers, err = store.FindSetting(ctx, translog.VerifierSetting); err != nil {
		return k, err
	}
	k.path = logKeyOf(cfg, k.verifiers)
	k.key, err = readLogKey(k.path)
	if errors.Is(err, fs.ErrNotExist) && k.verifiers != "" {
		logger.Warn("this process does not sign the transparency log: the file of its key is missing", "file", k.path)
		return k, nil
	}
	if k.verifiers == "" {
		k, err = k.ofNewLog(err, logger)
	}
	if err != nil {
		return k, err
	}
	k.warnIfOpen(logger)
	return k.settled(ctx, store, logger)
}

// ofNewLog makes a key, or takes the one that was read if it has signed nothing yet.
// A key that has signed one log must never sign another: its two checkpoints would
// contradict each other.
func (k logKey) ofNewLog(read error, logger *slog.Logger) (logKey, error) {
	note, err := keptNote(k.memoryPath()).Last()
	switch {
	case err != nil:
		return k, err
	case note != nil:
		taken := k.path
		if k.key, k.path, err = newLogKeyBeside(taken); err == nil {
			logger.Warn("the key of another log is in the file that this new log would use, and is left to it", "file", taken, "this_log", k.path)
		}
		return k, err
	case errors.Is(read, fs.ErrNotExist):
		k.key, err = newLogKey(k.path)
		return k, err
	}
	return k, read
}

// warnIfOpen says so if others can read the key. It is no reason to stop: some
// mounts show the same mode for every file.
func (k logKey) warnIfOpen(logger *slog.Logger) {
	if info, err := os.Stat(k.path); err == nil && info.Mode().Perm()&0o077 != 0 {
		logger.Warn("others can read the key of the transparency log", "file", k.path, "mode", info.Mode().Perm().String())
	}
}

// settled makes the key the log's, if it has none, and is without a key if it
// has another.
func (k logKey) settled(ctx context.Context, store *sqlstore.Store, logger *slog.Logger) (logKey, error) {
	verifiers, err := store.Setting(ctx, translog.VerifierSetting, k.key.Verifier())
	if err != nil {
		return k, err
	}
	if translog.CurrentVerifier(verifiers) != k.key.Verifier() {
		logger.Warn("this process does not sign the transparency log: the file holds another key than the log's",
			"file", k.path, "key", k.key.Origin())
		k.key = nil
	}
	k.verifiers = verifiers
	return k, nil
}

// readLogKey reads a key. The error is that of a missing file, or says what to
// do.
func readLogKey(path string) (*translog.Key, error) {
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key of the transparency log: %w", err)
	}
	key, err := translog.ParseKey(strings.TrimSpace(string(secret)))
	if err != nil {
		return nil, fmt.Errorf("the key of the transparency log in %s: %w", path, err)
	}
	return key, nil
}

// newLogKey makes a key and its file, which only its owner may read.
func newLogKey(path string) (*translog.Key, error) {
	key, _, err := makeKey(func(string) string { return path })
	return key, err
}

// newLogKeyBeside makes a key in a file of its own name, beside that of another.
func newLogKeyBeside(path string) (key *translog.Key, own string, err error) {
	return makeKey(func(name string) string { return named(path, name) })
}

func makeKey(fileOf func(name string) string) (key *translog.Key, path string, err error) {
	var raw [4]byte
	rand.Read(raw[:])
	name := "dossier-" + hex.EncodeToString(raw[:])
	path = fileOf(name)
	secret, _, err := translog.NewKey(name)
	if err != nil {
		return nil, path, err
	}
	if err := writeNew(path, secret+"\n"); err != nil {
		return nil, path, fmt.Errorf("keep the key of the transparency log: %w", err)
	}
	key, err = translog.ParseKey(secret)
	return key, path, err
}

// writeNew writes a file that did not exist. It is there whole or not at all, also
// after a crash of the machine.
func writeNew(path, text string) (err error) {
	draft, err := wholefile.Draft(path)
	if err != nil {
		return err
	}
	defer func() {
		if removed := os.Remove(draft); !errors.Is(removed, fs.ErrNotExist) { // without links it was renamed
			err = errors.Join(err, removed)
		}
	}()
	if err := os.WriteFile(draft, []byte(text), 0o600); err != nil {
		return err
	}
	return wholefile.Publish(draft, path)
}

// keptNote implements translog.Memory by a file.
type keptNote string

// Remember implements translog.Memory. What it keeps outlives a crash of the
// machine.
func (k keptNote) Remember(note []byte) (err error) {
	next := filepath.Clean(string(k)) + ".new"
	file, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(note)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(next, string(k))
}

// Last implements translog.Memory.
func (k keptNote) Last() ([]byte, error) {
	note, err := os.ReadFile(string(k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return note, err
}
