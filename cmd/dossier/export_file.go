package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// part is a file beside the one that it becomes when it is complete, so that
// nobody ever finds a part of it. Only its owner may read it.
type part struct {
	file *os.File
	path string // what it becomes
}

// newPart begins a file. An existing one is replaced only if that is forced,
// and anything else than a file never is.
func newPart(path string, force bool) (*part, error) {
	switch found, err := os.Lstat(path); {
	case err == nil && !found.Mode().IsRegular():
		return nil, fmt.Errorf("write %s: it is there, and no file", path)
	case err == nil && !force:
		return nil, fmt.Errorf("write %s: %w", path, errExists)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("write a file: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".dossier-export-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("write a file: %w", err)
	}
	return &part{file, path}, nil
}

// write writes all of the file, and makes it what it is to become.
func (p *part) write(text []byte) error {
	_, err := p.file.Write(text)
	if err == nil {
		err = p.file.Sync()
	}
	if err := errors.Join(err, p.file.Close()); err != nil {
		return fmt.Errorf("write a file: %w", err)
	}
	return os.Rename(p.file.Name(), p.path)
}

// discard removes what did not become a file.
func (p *part) discard() {
	// Neither can fail in a way that matters: a complete file is closed and has
	// another name.
	_ = p.file.Close()
	_ = os.Remove(p.file.Name())
}
