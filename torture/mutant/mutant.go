// Package mutant breaks the product on purpose, to show that torture notices.
//
// A mutant is a few edits of the source, made in a copy that only the compiler
// sees (go build -overlay): the tree stays as it is.
package mutant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"dossier/torture/fault"
)

// Edit replaces a text of a file, which must be there exactly once.
type Edit struct{ File, Old, New string }

// Mutant is a way to break the product.
type Mutant struct {
	Name     string
	Edits    []Edit
	Database string       // what it is tortured on
	Kinds    []fault.Kind // that bring it to light; empty: all
	Faults   int
	// Check is how the name of the check begins that must fail.
	Check string
}

// ErrStale is the error of an edit that does not fit the source any more.
var ErrStale = errors.New("the edit does not fit the source: write it anew")

// Apply returns a file of the tree with an edit.
func (e Edit) Apply(text string) (string, error) {
	if strings.Count(text, e.Old) != 1 {
		return "", fmt.Errorf("%s: %w", e.File, ErrStale)
	}
	return strings.Replace(text, e.Old, e.New, 1), nil
}

// Build builds the mutant of the tree at root, with its copies in a folder, and
// returns the binary.
func (m Mutant) Build(ctx context.Context, root, folder string) (program string, err error) {
	edited := map[string]string{}
	for _, e := range m.Edits {
		path := filepath.Join(root, e.File)
		text, known := edited[path]
		if !known {
			read, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			text = string(read)
		}
		if edited[path], err = e.Apply(text); err != nil {
			return "", fmt.Errorf("mutant %s: %w", m.Name, err)
		}
	}
	overlay, err := write(folder, edited)
	if err != nil {
		return "", err
	}
	program = filepath.Join(folder, "dossier")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-overlay", overlay, "-o", program, "./cmd/dossier")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the mutant %s: %w: %s", m.Name, err, output)
	}
	return program, nil
}

// write writes the edited files and the overlay that names them.
func write(folder string, edited map[string]string) (overlay string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for path, text := range edited {
		replace[path] = filepath.Join(folder, fmt.Sprintf("%d-%s", len(replace), filepath.Base(path)))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	form, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, form, 0o600)
}
