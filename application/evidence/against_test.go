package evidence_test

import (
	"testing"

	"dossier/application/eventlog"
	"dossier/application/evidence"
	"dossier/domain/kyc"
)

// An attacker who has the database and the key changes an event, computes the
// tree anew and signs it. Whoever kept an earlier export finds out.
func TestAnEarlierExportCatchesALogThatWasWrittenAnew(t *testing.T) {
	w := story(t)
	before := w.bundle(t)
	kept := w.signed.Note
	w.forge(t, 3, func(e *eventlog.Recorded) { e.Data = `{"forged":true}` })

	r, err := evidence.CheckAgainst(t.Context(), before, w.key.Verifier(), w.present(8))
	finds(t, r, err, "the log was written anew: its first 8 events are not those of the evidence",
		"position 3, version 2: the log has another event there than the evidence")
	if n := len(r.Findings); n != 2 {
		t.Errorf("%d findings: %v", n, r.Findings)
	}

	v := w.verifier()
	v.Kept = keep(kept)
	r, err = v.Bundle(w.bundle(t).Encode()) // which is in order, by itself
	finds(t, r, err, "the log was written anew: the key signed two different histories of 8 events")
}

func TestAnEarlierExportAgreesWithALogThatGrew(t *testing.T) {
	w := story(t)
	before := w.bundle(t)
	w.report(t, another, "2", kyc.ReportPendingVerification, "")
	w.seal(t)
	r, err := evidence.CheckAgainst(t.Context(), before, w.key.Verifier(), w.present(9))
	holds(t, r, err, "the log still begins with the 8 events of the evidence", "5 events of the evidence are in the log")
}

func TestEventsCutOffTheEndAreMissed(t *testing.T) {
	w := story(t)
	r, err := evidence.CheckAgainst(t.Context(), w.bundle(t), w.key.Verifier(), w.present(7))
	finds(t, r, err, "events were cut off: the log has 7 events, and had 8")
}

func TestEvidenceOfAnotherKeyIsNotCompared(t *testing.T) {
	w := story(t)
	r, err := evidence.CheckAgainst(t.Context(), w.bundle(t), newKey(t).Verifier(), w.present(8))
	finds(t, r, err, "the checkpoint is signed by another key")
}
