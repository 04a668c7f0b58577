package sessionref_test

import (
	"regexp"
	"testing"

	"dossier/application/sessionref"
)

func TestReferenceIsShortStableAndKeyed(t *testing.T) {
	key, other := sessionref.Key{1}, sessionref.Key{2}
	ref := key.Of("default", "2ac3f7ab-3729-f968-3f55-aa47e881")
	if !regexp.MustCompile(`^[a-z2-7]{16}$`).MatchString(ref) {
		t.Errorf("reference %q has not the form of one", ref)
	}
	if again := key.Of("default", "2ac3f7ab-3729-f968-3f55-aa47e881"); again != ref {
		t.Errorf("the same session got %q, then %q", ref, again)
	}
	for name, another := range map[string]string{
		"another key":     other.Of("default", "2ac3f7ab-3729-f968-3f55-aa47e881"),
		"another app":     key.Of("second", "2ac3f7ab-3729-f968-3f55-aa47e881"),
		"another session": key.Of("default", "2ac3f7ab-3729-f968-3f55-aa47e882"),
	} {
		if another == ref {
			t.Errorf("%s gives the same reference", name)
		}
	}
}
