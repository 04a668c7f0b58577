// Package overlay builds Dossier from source of which some files are others
// than in the tree. Only the compiler sees them: no tree, and no release, has
// what is built so.
package overlay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Edit replaces a text of a file, which must be there exactly once.
type Edit struct{ File, Old, New string }

// ErrStale is the error of an edit that does not fit the source any more.
var ErrStale = errors.New("the edit does not fit the source: write it anew")

// Apply returns the file's text with the edit.
func (e Edit) Apply(text string) (string, error) {
	if strings.Count(text, e.Old) != 1 {
		return "", fmt.Errorf("%s: %w", e.File, ErrStale)
	}
	return strings.Replace(text, e.Old, e.New, 1), nil
}

// Apply returns the texts of the files that edits change, by their paths.
func Apply(root string, edits []Edit) (map[string]string, error) {
	edited := map[string]string{}
	for _, e := range edits {
		path := filepath.Join(root, e.File)
		text, known := edited[path]
		if !known {
			read, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			text = string(read)
		}
		var err error
		if edited[path], err = e.Apply(text); err != nil {
			return nil, err
		}
	}
	return edited, nil
}

// Build builds the binary from the tree at root with other files, by their
// paths, which may be new. Copies and binary are in a folder, which it makes.
func Build(ctx context.Context, root, folder string, files map[string]string) (program string, err error) {
	replaced, err := write(folder, files)
	if err != nil {
		return "", err
	}
	program = filepath.Join(folder, "dossier")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-overlay", replaced, "-o", program, "./cmd/dossier")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build with an overlay: %w: %s", err, output)
	}
	return program, nil
}

// write writes the files and the overlay that names them.
func write(folder string, files map[string]string) (path string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for original, text := range files {
		replace[original] = filepath.Join(folder, fmt.Sprintf("%d-%s", len(replace), filepath.Base(original)))
		if err := os.WriteFile(replace[original], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	form, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(folder, "overlay.json")
	return path, os.WriteFile(path, form, 0o600)
}
