package evidence_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/evidence"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

func TestEvidenceHoldsAndSaysWhatItProves(t *testing.T) {
	w := story(t)
	r, err := w.verifier().Bundle(w.bundle(t).Encode())
	holds(t, r, err,
		"the checkpoint of 8 events is signed by the key dossier-test+",
		"5 events at the positions 1 to 7 are included in the tree of 8",
		"the versions 1 to 5 are there",
		"the state, APPROVED at version 5, is what the events give",
		"the machine's table is that of this program, with ",
		"all events that the session had when the log had 8")
	if len(r.Unproved) != 1 {
		t.Errorf("not proved: %v", r.Unproved)
	}
}

// Without the key a bundle has no statement, and verifying says what that
// leaves open.
func TestEvidenceWithoutAStatementSaysWhatIsNotProved(t *testing.T) {
	w := story(t)
	x := w.exporter()
	x.Key = nil
	b, err := x.Session(t.Context(), stream(person))
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.verifier().Bundle(b.Encode())
	incomplete(t, r, err, "these are all events", "the state, APPROVED at version 5",
		"the rules, the time of the export, the program and the machine's table")
}

// Who holds genuine evidence can cut it, put the state beside it that these events
// give, and empty the statement. Nothing of that is false, and nothing is proved.
func TestGenuineEvidenceThatWasCutProvesNoState(t *testing.T) {
	w := newWorld(t)
	w.report(t, person, "1", kyc.ReportPendingVerification, "")
	w.report(t, person, "1", kyc.ReportApproved, "")
	w.seal(t)
	approved := w.bundle(t)
	w.report(t, person, "", kyc.ReportRejected, "")
	w.seal(t)
	cut := w.bundle(t)
	if approved.Session.Status != "APPROVED" || cut.Session.Status != "REJECTED" {
		t.Fatalf("the story is of %s, then %s", approved.Session.Status, cut.Session.Status)
	}
	cut.Events, cut.Session, cut.Statement = cut.Events[:len(approved.Events)], approved.Session, ""
	r, err := w.verifier().Bundle(cut.Encode())
	incomplete(t, r, err, "these are all events", "the state, APPROVED")

	log := w.present(w.signed.Size)
	r, err = evidence.CheckAgainst(t.Context(), cut, w.key.Verifier(), log)
	finds(t, r, err, "position 3, version 3: the evidence leaves out an event of the session that the log had")
	log.Stream = nil // as a served log
	r, err = evidence.CheckAgainst(t.Context(), cut, w.key.Verifier(), log)
	incomplete(t, r, err, "these are all events", "seen from outside it does not say whose its events are")
}

// Without a statement anyone may have invented the rules.
func TestInventedRulesProveNoApproval(t *testing.T) {
	w := story(t)
	x := w.exporter()
	x.Rules, x.Key = kyc.RuleBook{}, nil
	b, err := x.Session(t.Context(), stream(person))
	if err != nil {
		t.Fatal(err)
	}
	if b.Session.Status != "STEPS_APPROVED" {
		t.Fatalf("the state is %s", b.Session.Status)
	}
	x.Rules = w.exporter().Rules
	invented, err := x.Session(t.Context(), stream(person))
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.verifier().Bundle(invented.Encode())
	incomplete(t, r, err, "the state, APPROVED", "the rules")
}

func TestABundleIsReadAsItWasWritten(t *testing.T) {
	b := story(t).bundle(t)
	got, err := evidence.ParseBundle(b.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Error(diff)
	}
	if b.Session.SessionID != string(person) || b.Session.App != "default" {
		t.Errorf("the state is of %q", b.Session.SessionID)
	}
	if b.Events[0].Metadata != `{"payload":"{\"reason\":\"<é  & \\u0001>\"}"}` {
		t.Errorf("metadata %s", b.Events[0].Metadata)
	}
}

func TestPrintingABundleShowsNoSession(t *testing.T) {
	b := story(t).bundle(t)
	for _, v := range []any{b, b.Session, b.Events[0], b.Events, &b} {
		for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(form, v); strings.Contains(text, string(person)) {
				t.Errorf("%s of %T shows it: %s", form, v, text)
			}
		}
	}
}

// What can't be read at all is told from what does not hold.
func TestTextsThatAreNoBundles(t *testing.T) {
	text := string(story(t).bundle(t).Encode())
	replaced := func(old, new string) string { return strings.Replace(text, old, new, 1) }
	for what, c := range map[string]struct {
		text string
		want error
	}{
		"empty":            {"", evidence.ErrTruncated},
		"cut off":          {text[:len(text)/2], evidence.ErrTruncated},
		"without its end":  {strings.TrimRight(text, "}\n"), evidence.ErrTruncated},
		"no JSON":          {"hello", evidence.ErrMalformed},
		"a list":           {"[]", evidence.ErrFormat},
		"another object":   {"{}", evidence.ErrFormat},
		"another format":   {replaced("dossier-evidence/v1", "dossier-evidence/v2"), evidence.ErrFormat},
		"an unknown field": {replaced(`"program"`, `"extra": 1, "program"`), evidence.ErrMalformed},
		"unknown, nested":  {replaced(`"proof"`, `"extra": 1, "proof"`), evidence.ErrMalformed},
		"a doubled field":  {replaced(`"app": "default",`, `"app": "default", "app": "default",`), evidence.ErrMalformed},
		"doubled, nested":  {replaced(`"version": 1,`, `"version": 1, "version": 1,`), evidence.ErrMalformed},
		"a missing field":  {replaced(`"program": "dossier test",`, ``), evidence.ErrMalformed},
		"another spelling": {replaced(`"program"`, `"Program"`), evidence.ErrMalformed},
		"null":             {replaced(`"dossier test"`, `null`), evidence.ErrMalformed},
		"a number as text": {replaced(`"version": 1`, `"version": "1"`), evidence.ErrMalformed},
		"a fraction":       {replaced(`"version": 1`, `"version": 1.0`), evidence.ErrMalformed},
		"a large number":   {replaced(`"version": 1`, `"version": 9007199254740993`), evidence.ErrMalformed},
		"trailing":         {text + "{}", evidence.ErrMalformed},
		"invalid UTF-8":    {replaced("dossier test", "dossier \xff"), evidence.ErrMalformed},
		"half a surrogate": {replaced("dossier test", `dossier \ud800`), evidence.ErrMalformed},
		"a lone low one":   {replaced("dossier test", `dossier \udc00x`), evidence.ErrMalformed},
		"no app":           {strings.ReplaceAll(text, `"app": "default"`, `"app": "De fault"`), evidence.ErrMalformed},
		"no time":          {replaced(`"exported_at": "2026-03-01`, `"exported_at": "2026-13-01`), evidence.ErrMalformed},
		"no kind":          {replaced(`"pinned_kind": ""`, `"pinned_kind": "robot"`), evidence.ErrMalformed},
		"no hash": {replaced(`"proof": [
        "`, `"proof": [
        "!`), evidence.ErrMalformed},
	} {
		if c.text == text {
			t.Fatalf("%s: nothing was replaced", what)
		}
		_, err := story(t).verifier().Bundle([]byte(c.text))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), string(person)) {
			t.Errorf("%s: the error repeats the session id: %v", what, err)
		}
	}
}

func TestNestingIsBounded(t *testing.T) {
	deep := `{"format":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}"
	if _, err := evidence.ParseBundle([]byte(deep)); !errors.Is(err, evidence.ErrMalformed) {
		t.Error(err)
	}
}

func TestAPairOfSurrogatesIsOneCharacter(t *testing.T) {
	w := story(t)
	text := bytes.Replace(w.bundle(t).Encode(), []byte(`"dossier test"`), []byte(`"dossier \ud83d\ude00"`), 1)
	if b, err := evidence.ParseBundle(text); err != nil || b.Program != "dossier 😀" {
		t.Errorf("%q, %v", b.Program, err)
	}
}

func TestAMalformedKeyIsRefused(t *testing.T) {
	w := story(t)
	v := w.verifier()
	for _, key := range []string{"", "x", v.Key[:len(v.Key)-3], v.Key + "x", "dossier-test"} {
		v.Key = key
		if _, err := v.Bundle(w.bundle(t).Encode()); !errors.Is(err, translog.ErrKey) {
			t.Errorf("%q: %v", key, err)
		}
	}
}
