// Package wholefile writes files that have their name only when they are whole and
// on the disk.
package wholefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExists: there is a file already where one would be written.
var ErrExists = errors.New("there is a file of this name already")

// CheckFree returns ErrExists if anything has the name.
func CheckFree(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	return nil
}

// Draft makes an empty file beside another, which only its owner can read, and
// returns its name.
func Draft(beside string) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(beside), filepath.Base(beside)+".partial-*") // with mode 0600
	if err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// Publish gives a finished draft its name, so that it is there after a crash of
// the machine. It returns ErrExists if somebody took the name meanwhile.
func Publish(draft, target string) error {
	if err := Sync(draft); err != nil {
		return err
	}
	err := os.Link(draft, target)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", target, ErrExists)
	}
	if err != nil { // a file system without links
		if err := CheckFree(target); err != nil {
			return err
		}
		err = os.Rename(draft, target)
	}
	if err != nil {
		return fmt.Errorf("name the file: %w", err)
	}
	return Sync(filepath.Dir(target))
}

// Sync waits until a file or a folder is on the disk.
func Sync(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
