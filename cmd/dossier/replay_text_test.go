package main

import (
	goflag "flag" // a flag is something else here
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/domain/kyc"
)

var update = goflag.Bool("update", false, "write the golden files anew")

// varying is what differs from run to run.
var varying = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z|folded in .*`)

// checkGolden compares a text with a golden file, but for what varies.
func checkGolden(t *testing.T, name, text string) {
	t.Helper()
	text = varying.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "folded") {
			return "folded in ..."
		}
		return "2026-01-01T00:00:00.000000Z"
	})
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s has\n%s\nprinted was\n%s", path, want, text)
	}
}

func TestAStoryIsReadableOnATerminal(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		eventfulLife(serve(t, databaseURL).client)
		checkGolden(t, "replay-story.txt", must(t, databaseURL, "replay", "--session="+person))
		checkGolden(t, "replay-log.txt", must(t, databaseURL, "replay"))
	})
}

// What the provider's API showed is told with what follows from it.
func TestASnapshotIsReadableInAStory(t *testing.T) {
	recorded := func(version int64, event kyc.Event) query.Scene {
		return query.Scene{Event: eventlog.Recorded{Position: version, Version: version, Type: "type", RecordedAt: time.Unix(0, 0), Event: event}}
	}
	var b strings.Builder
	for i, event := range []kyc.Event{
		kyc.SnapshotObserved{Status: "APPROVED", Steps: []kyc.ObservedStep{
			{StepID: "1", Service: "AML", Status: "APPROVED"}, {Service: "PHONE", Status: "ON_HOLD\x1b"},
		}},
		kyc.StatusChanged{StepID: "1", Trigger: kyc.ReportApproved, Cause: kyc.CauseReconciled},
		kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReconciled},
		kyc.FlagResolved{Flag: 7, Resolution: kyc.ResolvedReconciled, By: kyc.ReconciledBy},
		kyc.SnapshotObserved{Company: true, Status: "REJECTED", Steps: make([]kyc.ObservedStep, 1)},
		kyc.SnapshotObserved{Unknown: true},
		kyc.DetailsAccessed{StepID: "1", By: "ada", Purpose: "a dispute"},
	} {
		told{}.printScene(&b, recorded(int64(i+1), event), eventlog.Metadata{})
	}
	for _, line := range []string{
		"what      the provider's API shows APPROVED, 2 steps", "shown     1, AML: APPROVED", `shown     -, PHONE: ON_HOLD\x1b`,
		"what      APPROVED reconciled: the provider's API showed it",
		"what      RESET of the session and all its steps reconciled: the provider's API showed it;\n            cycle 2 begins",
		"what      flag at position 7 reconciled by dossier",
		"what      the provider's API shows REJECTED of a company, 1 step", "shown     -:\n",
		"what      the provider's API does not know the session",
		"what      details of the step accessed by ada", "note      a dispute",
	} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("the story does not say %q:\n%s", line, b.String())
		}
	}
}

// What came from outside must not reach the terminal as a command to it.
func TestForeignTextCannotDriveTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 🙂":         "plain é 🙂",
		"\x1b[31mred":       `\x1b[31mred`,
		"one\r\ntwo\tthree": `one\r\ntwo\tthree`,
		"\u202eesrever":     `\u202eesrever`,
		"\u009b1m":          `\u009b1m`,
		"\u2028\x00":        `\u2028\x00`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q is printed as %q, want %q", text, got, want)
		}
	}
}

func TestLongTextsAreBrokenAndNothingIsLost(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"short":                   "  name      short\n",
		"a " + long('b', 83):      "  name      a\n            " + long('b', 83) + "\n",
		long('b', 90):             "  name      " + long('b', 84) + "\n            bbbbbb\n",
		long('b', 80) + " cdefgh": "  name      " + long('b', 80) + "\n            cdefgh\n",
	} {
		var b strings.Builder
		entry(&b, "name", text)
		if b.String() != want {
			t.Errorf("%q is printed as\n%s, want\n%s", text, b.String(), want)
		}
	}
}

func long(c byte, n int) string { return strings.Repeat(string(c), n) }
