// Package mutant breaks the product on purpose, to show that torture notices.
package mutant

import (
	"context"
	"fmt"

	"dossier/torture/fault"
	"dossier/torture/overlay"
)

// Mutant is a way to break the product, by a few edits of its source.
type Mutant struct {
	Name     string
	Edits    []overlay.Edit
	Database string       // what it is tortured on
	Kinds    []fault.Kind // that bring it to light; empty: all
	Faults   int
	Servers  int // 0: as many as the run has
	// Check is how the name of the check begins that must fail.
	Check string
}

// Build builds the mutant of the tree at root, with its copies in a folder, and
// returns the binary. It returns overlay.ErrStale.
func (m Mutant) Build(ctx context.Context, root, folder string) (program string, err error) {
	files, err := overlay.Apply(root, m.Edits)
	if err == nil {
		program, err = overlay.Build(ctx, root, folder, files)
	}
	if err != nil {
		return "", fmt.Errorf("the mutant that %s: %w", m.Name, err)
	}
	return program, nil
}
