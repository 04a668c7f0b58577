package mutant_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dossier/torture/mutant"
	"dossier/torture/overlay"
)

// An edit that fits nowhere would break nothing, and prove nothing. Whoever
// changes the code that a mutant breaks writes the edit anew.
func TestEveryEditFitsTheSource(t *testing.T) {
	for _, m := range mutant.All() {
		for _, e := range m.Edits {
			text, err := os.ReadFile(filepath.Join("..", "..", e.File))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Apply(string(text)); err != nil {
				t.Errorf("%s: %v", m.Name, err)
			}
		}
	}
}

func TestAnEditMustFitOnce(t *testing.T) {
	for _, text := range []string{"", "a a"} {
		if _, err := (overlay.Edit{Old: "a", New: "b"}).Apply(text); !errors.Is(err, overlay.ErrStale) {
			t.Errorf("%q: %v, want ErrStale", text, err)
		}
	}
}
