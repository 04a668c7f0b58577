package audit

import (
	"strings"
	"testing"

	"dossier/domain/kyc"
)

func TestTheFormOfAnEventID(t *testing.T) {
	for id, want := range map[string]bool{
		"0190163d-8694-739b-aea5-966c26f8ad91":  true,
		"0190163d-8694-739b-8ea5-966c26f8ad91":  true,
		"0190163d-8694-439b-aea5-966c26f8ad91":  false, // another version
		"0190163d-8694-739b-cea5-966c26f8ad91":  false, // another variant
		"0190163D-8694-739b-aea5-966c26f8ad91":  false,
		"0190163d-8694-739b-aea5-966c26f8ad9":   false,
		"0190163d-8694-739b-aea5-966c26f8ad911": false,
		"0190163d086940739b0aea50966c26f8ad91":  false,
		"":                                      false,
	} {
		if got := isUUIDv7(id); got != want {
			t.Errorf("%q: %t", id, got)
		}
	}
}

// Findings are pasted into tickets.
func TestAFindingRepeatsNoPrivateText(t *testing.T) {
	want := kyc.Track{Reason: "he was drunk", Status: kyc.Approved}
	for _, c := range stepColumns(want, StepRow{Reason: "he was ill", Status: "REJECTED"}) {
		expected, found, _ := differs([]column{c})
		if strings.Contains(expected+found, "he was") {
			t.Errorf("%s: %s, %s", c.name, expected, found)
		}
	}
}

func TestEveryCheckHasASlugOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Checks() {
		if seen[c.String()] || c.String() == "" || c.Meaning() == "" {
			t.Errorf("%q: %q", c, c.Meaning())
		}
		seen[c.String()] = true
	}
}
