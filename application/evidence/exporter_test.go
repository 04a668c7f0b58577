package evidence_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/evidence"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func TestAnExportWaitsForTheCheckpoint(t *testing.T) {
	w := story(t)
	w.report(t, person, "2", kyc.ReportPendingVerification, "")
	synctest.Test(t, func(t *testing.T) {
		go func() {
			time.Sleep(time.Second) // of the bubble: no time passes
			w.seal(t)
		}()
		b, err := w.exporter().Session(t.Context(), stream(person))
		if err != nil || len(b.Events) != 6 {
			t.Fatalf("%d events, %v", len(b.Events), err)
		}
	})
}

func TestWithoutACheckpointThereIsNoEvidence(t *testing.T) {
	w := story(t)
	w.report(t, person, "2", kyc.ReportPendingVerification, "")
	for what, signed := range map[string]func(){"an older one": func() {}, "none": func() { w.signed = nil }} {
		signed()
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			if _, err := w.exporter().Session(t.Context(), stream(person)); !errors.Is(err, evidence.ErrNoCheckpoint) {
				t.Errorf("%s: %v", what, err)
			}
			if waited := time.Since(began); waited != 5*time.Second {
				t.Errorf("%s: it waited %s", what, waited)
			}
		})
	}
}

func TestAnExportEndsWithItsCaller(t *testing.T) {
	w := story(t)
	w.signed = nil
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := contextFor(t, time.Second)
		defer stop()
		if _, err := w.exporter().Session(ctx, stream(person)); !errors.Is(err, ctx.Err()) {
			t.Error(err)
		}
	})
}

// What comes and is sealed while an export runs belongs to it: the statement
// says that at the size of the checkpoint there was no more.
func TestEvidenceIsCompleteAsOfItsCheckpoint(t *testing.T) {
	w := story(t)
	reads := 0
	w.onRead = func() {
		if reads++; reads == 1 {
			w.report(t, person, "2", kyc.ReportPendingVerification, "")
			w.seal(t)
			w.report(t, person, "3", kyc.ReportPendingVerification, "") // not sealed yet
		}
	}
	b := w.bundle(t)
	if n := len(b.Events); n != 6 {
		t.Errorf("%d events, want the 5 that were read first and the one that the checkpoint covers, too", n)
	}
	w.onRead = nil
	r, err := w.verifier().Bundle(b.Encode())
	holds(t, r, err, "6 events at the positions 1 to 9 are included in the tree of 9")
}

func TestAnUnknownSessionHasNoEvidence(t *testing.T) {
	if _, err := story(t).exporter().Session(t.Context(), stream("unknown")); !errors.Is(err, query.ErrNoSuchSession) {
		t.Error(err)
	}
}

// Evidence that would not hold is not given out.
func TestAnAlteredLogIsNotExported(t *testing.T) {
	for what, alter := range map[string]func(*world){
		"changed data":      func(w *world) { w.events[2].Data += " " },
		"a changed version": func(w *world) { w.events[2].Version = 7 },
		"invalid UTF-8":     func(w *world) { w.events[2].Metadata = "\xff" },
		"a changed tree":    func(w *world) { w.tiles["0/0"][70]++ },
		"another tree": func(w *world) {
			other := grown(t, len(w.events))
			other.key = w.key
			other.seal(t)
			w.signed = other.signed
		},
		"another key":     func(w *world) { w.signed = story(t).signed },
		"a removed event": func(w *world) { w.events = append(w.events[:2:2], w.events[3:]...) },
	} {
		w := story(t)
		alter(w)
		if _, err := w.exporter().Session(t.Context(), stream(person)); !errors.Is(err, evidence.ErrAltered) {
			t.Errorf("%s: %v", what, err)
		}
		_, err := export(t, w, 1, 0, "")
		if !errors.Is(err, evidence.ErrAltered) || what == "changed data" && !strings.Contains(err.Error(), "the event at position 3") {
			t.Errorf("%s: the log: %v", what, err)
		}
	}
}
