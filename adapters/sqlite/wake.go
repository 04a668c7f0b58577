package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A commit is written to the log of changes before it can be read: what comes
// between is the disk. So whoever is told of a write looks again after these
// times, the first of which is doubled until the last is reached.
const (
	firstLook = time.Millisecond
	lastLook  = 256 * time.Millisecond
)

// waker implements sqlstore.Waker by watching the file to which each commit of
// any process is written.
type waker struct{ path string }

// Announce implements sqlstore.Waker. The commit has told already.
func (waker) Announce(context.Context) error { return nil }

// Listen implements sqlstore.Waker.
func (w waker) Listen(ctx context.Context, grown func()) (err error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the database: %w", err)
	}
	defer func() { err = errors.Join(err, watcher.Close()) }()
	path, err := filepath.Abs(w.path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path) // as SQLite does
	}
	if err != nil {
		return fmt.Errorf("watch the database: %w", err)
	}
	// The folder, because the file may be made later, and again and again.
	if err := watcher.Add(filepath.Dir(path)); err != nil {
		return fmt.Errorf("watch the database: %w", err)
	}
	return follow(ctx, watcher, path+"-wal", grown)
}

// follow calls grown when a file is written to, and some times after that.
func follow(ctx context.Context, watcher *fsnotify.Watcher, path string, grown func()) error {
	look := time.NewTimer(0) // for what was written before there was a watch
	defer look.Stop()
	next := firstLook
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-watcher.Events:
			if event.Name != path {
				continue
			}
			next = firstLook
		case err := <-watcher.Errors: // some were missed
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watch the database: %w", err)
			}
			next = firstLook
		case <-look.C:
		}
		grown()
		if next <= lastLook {
			look.Reset(next)
			next *= 2
		}
	}
}
