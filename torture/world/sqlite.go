package world

import (
	"context"
	"os"
	"path/filepath"
)

// SQLite is a file, on a small file system of its own where that can be mounted.
type SQLite struct {
	Disk *Disk // nil: none could be mounted
	path string
}

var _ Database = (*SQLite)(nil)

// Open implements Database.
func (s *SQLite) Open(_ context.Context, folder string, _ int) error {
	at := filepath.Join(folder, "database")
	if err := os.MkdirAll(at, 0o700); err != nil {
		return err
	}
	disk, err := Mount(at)
	if err != nil {
		return err
	}
	s.Disk, s.path = disk, filepath.Join(at, "dossier.db")
	return nil
}

// URLOf implements Database.
func (s *SQLite) URLOf(int) string { return s.Direct() }

// Direct implements Database.
func (s *SQLite) Direct() string { return "sqlite:" + s.path }

// Close implements Database.
func (s *SQLite) Close() error { return s.Disk.Unmount() }
