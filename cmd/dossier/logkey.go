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

// logKeyPath is where the key is kept: where the configuration says, else beside
// the database file, else in the working directory.
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
	k.path = logKeyPath(cfg)
	if k.verifiers, err = store.FindSetting(ctx, translog.VerifierSetting); err != nil {
		return k, err
	}
	if k.verifiers == "" {
		if err := setAside(k, logger); err != nil {
			return k, err
		}
	}
	k.key, err = readLogKey(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		if k.verifiers != "" {
			logger.Warn("this process does not sign the transparency log: the file of its key is missing", "file", k.path)
			return k, nil
		}
		k.key, err = newLogKey(k.path)
	}
	if err != nil {
		return k, err
	}
	k.warnIfOpen(logger)
	return k.settled(ctx, store, logger)
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

// setAside keeps the key of another log under another name, when a new log finds
// its file. A key that has signed one log must never sign another: its two
// checkpoints would contradict each other.
func setAside(k logKey, logger *slog.Logger) error {
	note, err := keptNote(k.memoryPath()).Last()
	if err != nil || note == nil {
		return err
	}
	name := k.path
	if signed, err := translog.Unverified(note); err == nil {
		name += "." + notInName.ReplaceAllString(signed.Origin, "_")
	} else {
		name += ".old"
	}
	logger.Warn("a new log: the key of the log before is kept under another name", "file", name)
	return errors.Join(os.Rename(k.path, name), os.Rename(k.memoryPath(), name+memorySuffix))
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
	var raw [4]byte
	rand.Read(raw[:])
	secret, _, err := translog.NewKey("dossier-" + hex.EncodeToString(raw[:]))
	if err != nil {
		return nil, err
	}
	if err := writeNew(path, secret+"\n"); err != nil {
		return nil, fmt.Errorf("keep the key of the transparency log: %w", err)
	}
	return translog.ParseKey(secret)
}

// writeNew writes a file that did not exist, so that it is there after a crash
// of the machine.
func writeNew(path, text string) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Sync()
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
