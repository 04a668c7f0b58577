package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	tourBlock   = regexp.MustCompile("(?s)```bash\n(.*?)```(?:\n\n```text\n(.*?)```)?")
	tourCommand = regexp.MustCompile(`(?m)(?:^|\$\()bin/dossier ([^|<>)&\n]+)`)
)

// tour returns the first block of the README's tour, and what the README shows for it.
func tour(t *testing.T) (block, shown string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "## A tour with curl\n")
	found := tourBlock.FindStringSubmatch(text)
	if found == nil {
		t.Fatal("README.md has no tour")
	}
	return found[1], found[2]
}

// A reader pastes the tour into a fresh folder. What comes before the server's
// start must work without a database that somebody made before.
func TestTheTourStartsInAFreshFolder(t *testing.T) {
	block, shown := tour(t)
	databaseURL, served, tokens := sqliteURL(t), false, 0
	for _, command := range tourCommand.FindAllStringSubmatch(block, -1) {
		args := strings.Fields(command[1])
		if args[0] == "serve" {
			served = true
			break
		}
		out := must(t, databaseURL, args...)
		for line := range strings.Lines(out) {
			if args[0] == "migrate" && !strings.Contains(shown, line) {
				t.Errorf("%v prints %q, which README.md does not show", args, line)
			}
		}
		if args[0] == "token" {
			tokens++
		}
	}
	if !served || tokens != 1 {
		t.Fatalf("the tour's first block starts a server: %v, and makes %d tokens before:\n%s", served, tokens, block)
	}
	s := serve(t, databaseURL)
	eventually(t, "README.md shows what /readyz answers", func() bool {
		return strings.Contains(shown, strings.TrimSpace(string(s.as("").get("/readyz").body)))
	})
}
