package problem_test

import (
	"errors"
	"strings"
	"testing"

	"dossier/ports/problem"
)

func TestRedactCutsOutWholeWordsOnly(t *testing.T) {
	const id = "2ac3f7ab-3729-f968-3f55-aa47e881"
	for _, c := range []struct{ name, text, given, want string }{
		{"an id", "no stream default/" + id + ": away", id, "no stream default/[private]: away"},
		{"twice", id + " and " + id, id, "[private] and [private]"},
		{"alone", id, id, "[private]"},
		{"quoted", `bad "a\nJane Doe" here`, "a\nJane Doe", `bad "[private]" here`},
		{"a short id", "the database is unavailable", "a", "the database is unavailable"},
		{"an id that is a word", "the database is unavailable", "database", "the [private] is unavailable"},
		{"an id in a word", "the databases are unavailable", "database", "the databases are unavailable"},
		{"beside a letter of another alphabet", "éidentity", "identity", "éidentity"},
		{"nothing", "the database is away", "", "the database is away"},
	} {
		if got := problem.Redact(c.text, c.given); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzRedactLeavesNoSecretThatStandsAlone(f *testing.F) {
	f.Add("no stream default/", "2ac3f7ab-3729", ": away")
	f.Fuzz(func(t *testing.T, before, secret, after string) {
		if len(secret) < 8 || strings.Contains("[private]", secret) {
			return
		}
		text := problem.Redact(before+" "+secret+" "+after, secret)
		if strings.Contains(text, " "+secret+" ") && !strings.Contains(before+" [private] "+after, " "+secret+" ") {
			t.Errorf("%q is left in %q", secret, text)
		}
	})
}

func TestAPanicTellsNoMoreThanItsKind(t *testing.T) {
	if got := problem.PanicText(errors.New("of Jane Doe")); got != "panic: a value of type *errors.errorString" {
		t.Error(got)
	}
	defer func() {
		if got := problem.PanicText(recover()); !strings.Contains(got, "index out of range") {
			t.Error(got)
		}
	}()
	var none []int
	_ = none[len(none)]
}
