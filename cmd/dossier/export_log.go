package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"dossier/application/accesslog"
	"dossier/application/evidence"
	"dossier/cmd/dossier/internal/config"
)

// exportLog writes a range of the log into a folder, or goes on with one that
// was interrupted.
func (cmd *exportCommand) exportLog(ctx context.Context, c console, cfg config.Config, x evidence.Exporter) error {
	f := &exportFolder{path: cmd.Output, force: cmd.Force}
	defer f.close()
	if err := f.look(); err != nil {
		return err
	}
	if err := record(ctx, cfg, accesslog.Entry{Action: actionLog, Detail: cmd.asked().Encode()}); err != nil {
		return err
	}
	log, err := x.Range(ctx, positionOr(cmd.From, 1), positionOr(cmd.To, 0))
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	total := log.To - log.From + 1
	bar := c.progress(total, "events", false)
	manifest, err := log.Write(ctx, f.existing(), f.open, func(done int64) { bar.set(done, total) })
	bar.end()
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	if err := f.complete(manifest); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d events, positions %d to %d, are in %s\n"+
		"they hold session ids, which are credentials: keep them secret\n", manifest.Count, manifest.From, manifest.To, cmd.Output)
	return err
}

// asked is what the access log says of the range.
func (cmd *exportCommand) asked() url.Values {
	asked := url.Values{}
	for name, position := range map[string]*int64{"from": cmd.From, "to": cmd.To} {
		if position != nil {
			asked.Set(name, strconv.FormatInt(*position, 10))
		}
	}
	return asked
}

// positionOr is a flag's value, or what stands for none. A 0 that was given is
// no position, and is refused as one that can't be.
func positionOr(given *int64, otherwise int64) int64 {
	switch {
	case given == nil:
		return otherwise
	case *given == 0:
		return -1
	default:
		return *given
	}
}

// exportFolder holds the lines of an export, and its manifest when it is
// complete.
type exportFolder struct {
	path  string
	force bool     // replace what is there
	made  bool     // the folder, by this export
	lines *os.File // nil before anything is written
	old   *os.File // the lines that are there already; nil if none
}

// look says whether an export can be written here. Nothing is changed.
func (f *exportFolder) look() error {
	if found, err := os.Stat(f.path); err == nil && !found.IsDir() {
		return fmt.Errorf("write %s: it is there, and no folder", f.path)
	}
	if f.force {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(f.path, evidence.ManifestFile)); err == nil {
		return fmt.Errorf("write %s: the export there is complete: --force replaces it", f.path)
	}
	old, err := os.Open(filepath.Join(f.path, evidence.LinesFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("go on with an export: %w", err)
	}
	if err == nil {
		f.old = old
	}
	return nil
}

// existing are the lines of an earlier try.
func (f *exportFolder) existing() io.Reader {
	if f.old == nil {
		return bytes.NewReader(nil)
	}
	return f.old
}

// open returns where lines go on, after those that stay.
func (f *exportFolder) open(kept int64) (io.Writer, error) {
	if _, err := os.Lstat(f.path); errors.Is(err, fs.ErrNotExist) {
		if err := os.Mkdir(f.path, 0o700); err != nil {
			return nil, fmt.Errorf("write an export: %w", err)
		}
		f.made = true
	}
	// A manifest that is to be replaced goes first: without it the lines are a
	// part, to everyone.
	if err := os.Remove(filepath.Join(f.path, evidence.ManifestFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("replace an export: %w", err)
	}
	lines, err := os.OpenFile(filepath.Join(f.path, evidence.LinesFile), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write an export: %w", err)
	}
	f.lines = lines
	if err := lines.Truncate(kept); err != nil {
		return nil, fmt.Errorf("write an export: %w", err)
	}
	_, err = lines.Seek(kept, io.SeekStart)
	return lines, err
}

// complete writes the manifest, once the lines are on the disk.
func (f *exportFolder) complete(manifest evidence.Manifest) error {
	if err := f.lines.Sync(); err != nil {
		return fmt.Errorf("write an export: %w", err)
	}
	part, err := newPart(filepath.Join(f.path, evidence.ManifestFile), false)
	if err != nil {
		return err
	}
	defer part.discard()
	return part.write(manifest.Encode())
}

// close gives up what is open. A folder in which nothing was written goes.
func (f *exportFolder) close() {
	empty := false
	if f.lines != nil {
		if found, err := f.lines.Stat(); err == nil {
			empty = found.Size() == 0
		}
		_ = f.lines.Close() // it is synced, or a part
	}
	if f.old != nil {
		_ = f.old.Close()
	}
	if f.made && empty {
		_ = os.Remove(f.lines.Name())
		_ = os.Remove(f.path)
	}
}
