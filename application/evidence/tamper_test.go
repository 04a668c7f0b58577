package evidence_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/evidence"
)

// Each way to tamper with a bundle is named, with its place.
func TestTamperingIsNamed(t *testing.T) {
	for what, c := range map[string]struct {
		tamper func(*evidence.Bundle)
		want   []string
	}{
		"a changed byte of the data": {
			func(b *evidence.Bundle) {
				b.Events[1].Data = strings.Replace(b.Events[1].Data, "blurred", "blurted", 1)
			},
			[]string{"position 3, version 2: the event is not what the log has there"},
		},
		"a changed byte of the metadata": {
			func(b *evidence.Bundle) { b.Events[4].Metadata += " " },
			[]string{"position 7, version 5: the event is not what the log has there"},
		},
		"another time": {
			func(b *evidence.Bundle) { b.Events[0].RecordedAt++ },
			[]string{"position 1, version 1: the event is not what the log has there"},
		},
		"another id": {
			func(b *evidence.Bundle) { b.Events[0].EventID = b.Events[1].EventID },
			[]string{"position 1, version 1: the event is not what the log has there"},
		},
		"another position": {
			func(b *evidence.Bundle) { b.Events[1].Position = 2 },
			[]string{"position 2, version 2: the event is not what the log has there"},
		},
		"a removed event": {
			func(b *evidence.Bundle) { b.Events = slices.Delete(b.Events, 1, 2) },
			[]string{"version 2 is missing: an event was removed", "the file has 4: 1 event was removed"},
		},
		"a removed first event": {
			func(b *evidence.Bundle) { b.Events = b.Events[1:] },
			[]string{"version 1 is missing"},
		},
		"a removed last event": {
			func(b *evidence.Bundle) { b.Events = b.Events[:4] },
			[]string{"the session had 5 events, the file has 4: 1 event was removed", `version is "5", the events give "4"`},
		},
		"reordered events": {
			func(b *evidence.Bundle) { b.Events[1], b.Events[2] = b.Events[2], b.Events[1] },
			[]string{"position 3, version 2: events were reordered: it stands behind version 3"},
		},
		"a doubled event": {
			func(b *evidence.Bundle) { b.Events = slices.Insert(b.Events, 1, b.Events[0]) },
			[]string{"position 1, version 1: the version is there twice", "1 event was added"},
		},
		"swapped proofs": {
			func(b *evidence.Bundle) { b.Events[1].Proof, b.Events[2].Proof = b.Events[2].Proof, b.Events[1].Proof },
			[]string{"position 3, version 2: it carries the wrong proof: its own is beside position 4", "position 4, version 3: it carries the wrong proof"},
		},
		"a shortened proof": {
			func(b *evidence.Bundle) { b.Events[1].Proof = b.Events[1].Proof[1:] },
			[]string{"position 3, version 2: the event is not what the log has there"},
		},
		"a changed status": {
			func(b *evidence.Bundle) { b.Session.Status = "REJECTED" },
			[]string{`the state is not what the events give: status is "REJECTED", the events give "APPROVED"`, "another content"},
		},
		"a changed step": {
			func(b *evidence.Bundle) { b.Session.Steps[0].Submissions = 1 },
			[]string{`steps[0].submissions is "1", the events give "2"`},
		},
		"a changed reason": {
			func(b *evidence.Bundle) { b.Session.Steps[0].Reason = "secret" },
			[]string{"steps[0].reason is not the one that the events give"},
		},
		"a removed step": {
			func(b *evidence.Bundle) { b.Session.Steps = []evidence.Step{} },
			[]string{"steps[0].status is missing"},
		},
		"a state of another session": {
			func(b *evidence.Bundle) { b.Session.SessionID = string(another) },
			[]string{"session_id names another session"},
		},
		"changed rules": {
			func(b *evidence.Bundle) { b.Rules.RequiredServices = []string{} },
			[]string{`status is "APPROVED", the events give "STEPS_APPROVED"`},
		},
		"changed rules, and the state with them": {
			func(b *evidence.Bundle) { b.Rules.RequiredServices, b.Session.Status = []string{}, "STEPS_APPROVED" },
			[]string{"the statement is about another content"},
		},
		"a changed machine": {
			func(b *evidence.Bundle) { b.Machine.Moves[0].To = "APPROVED" },
			[]string{"the machine's table was changed", "leads to SUBMISSION_REQUIRED in this program, to APPROVED in the file", "another content"},
		},
		"a move removed": {
			func(b *evidence.Bundle) { b.Machine.Moves = b.Machine.Moves[1:] },
			[]string{"and is not in the file"},
		},
		"a move added": {
			func(b *evidence.Bundle) {
				b.Machine.Moves = append(b.Machine.Moves, evidence.Move{Flow: "submission", From: "REJECTED", Trigger: "APPROVED", To: "APPROVED"})
			},
			[]string{"APPROVED from REJECTED (submission) is forbidden in this program, and leads to APPROVED in the file"},
		},
		"a move doubled": {
			func(b *evidence.Bundle) { b.Machine.Moves = append(b.Machine.Moves, b.Machine.Moves[0]) },
			[]string{"the file lists a move twice"},
		},
		"other automatic services": {
			func(b *evidence.Bundle) { b.Machine.AutomaticServices[0] = "LIVENESS" },
			[]string{"the automatic services are others"},
		},
		"another time of export": {
			func(b *evidence.Bundle) { b.ExportedAt = "2020-01-01T00:00:00.000000Z" },
			[]string{"the statement is about another content"},
		},
		"another program": {
			func(b *evidence.Bundle) { b.Program = "dossier forged" },
			[]string{"the statement is about another content"},
		},
		"another session": {
			func(b *evidence.Bundle) { b.SessionID = string(another) },
			[]string{"position 1, version 1: a foreign event", "the statement is about another session"},
		},
		"another session throughout": {
			func(b *evidence.Bundle) {
				b.SessionID, b.Session.SessionID = string(another), string(another)
				for i := range b.Events {
					b.Events[i].SessionID = string(another)
				}
			},
			[]string{"position 1, version 1: the event is not what the log has there", "or it is of another session"},
		},
		"a type that nobody knows": {
			func(b *evidence.Bundle) { b.Events[0].Type = "kyc.approved.v9" },
			[]string{"position 1, version 1: this program can't read the event"},
		},
		"a removed statement's signature": {
			func(b *evidence.Bundle) { b.Statement, _, _ = strings.Cut(b.Statement, "\n\n") },
			[]string{"the statement is not signed"},
		},
		"a changed statement": {
			func(b *evidence.Bundle) { b.Statement = strings.Replace(b.Statement, "events 5", "events 4", 1) },
			[]string{"the statement was changed after it was signed"},
		},
		"a checkpoint as statement": {
			func(b *evidence.Bundle) { b.Statement = b.Checkpoint },
			[]string{"the statement is signed by the key, and is none about evidence"},
		},
		"a statement as checkpoint": {
			func(b *evidence.Bundle) { b.Checkpoint = b.Statement },
			[]string{"the checkpoint is signed by the key, and is no checkpoint of its log"},
		},
		"a changed checkpoint": {
			func(b *evidence.Bundle) { b.Checkpoint = strings.Replace(b.Checkpoint, "\n8\n", "\n9\n", 1) },
			[]string{"the checkpoint was changed after it was signed", "the statement can't be compared"},
		},
		"no checkpoint": {
			func(b *evidence.Bundle) { b.Checkpoint = "" },
			[]string{"the checkpoint is not signed"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := story(t)
			b := w.bundle(t)
			c.tamper(&b)
			r, err := w.verifier().Bundle(b.Encode())
			finds(t, r, err, c.want...)
		})
	}
}

func TestAForeignEventIsNamed(t *testing.T) {
	w := story(t)
	b := w.bundle(t)
	other, err := w.exporter().Session(t.Context(), stream(another))
	if err != nil {
		t.Fatal(err)
	}
	b.Events = slices.Insert(b.Events, 1, other.Events[0])
	r, err := w.verifier().Bundle(b.Encode())
	finds(t, r, err, "position 2, version 1: a foreign event: it is of another session", "1 event was added")
}

func TestAnOlderCheckpointIsNamed(t *testing.T) {
	w := story(t)
	b := w.bundle(t)
	b.Checkpoint = string(w.signedAt(t, 6).Note)
	r, err := w.verifier().Bundle(b.Encode())
	finds(t, r, err, "position 7, version 5: the checkpoint covers the positions 1 to 6 only: it is older than the event",
		"the statement was made for a checkpoint of 8 events, not for this one of 6")
}

func TestAnotherKeyIsNamed(t *testing.T) {
	w := story(t)
	v := w.verifier()
	v.Key = newKey(t).Verifier()
	r, err := v.Bundle(w.bundle(t).Encode())
	finds(t, r, err, "the checkpoint is signed by another key, dossier-test+", "the statement is signed by another key")
	if !strings.Contains(strings.Join(r.Unproved, "\n"), "that the events are in the log") {
		t.Errorf("not proved: %v", r.Unproved)
	}
}

// A signed table that differs is another version's: it is told, and the
// evidence holds.
func TestASignedTableOfAnotherVersionIsTold(t *testing.T) {
	w := story(t)
	b := w.bundle(t)
	b.Machine.Moves = b.Machine.Moves[1:]
	b.Statement = string(w.restate(t, b))
	r, err := w.verifier().Bundle(b.Encode())
	holds(t, r, err)
	if !strings.Contains(strings.Join(r.Unproved, "\n"), "that this program would decide alike: ") {
		t.Errorf("not proved: %v", r.Unproved)
	}
}

func TestAKeptCheckpointIsCompared(t *testing.T) {
	w := story(t)
	file := w.bundle(t).Encode()
	v := w.verifier()

	v.Kept = keep(w.signed.Note)
	r, err := v.Bundle(file)
	holds(t, r, err, "the kept checkpoint is of the same history")

	v.Kept = keep(w.signedAt(t, 5).Note)
	r, err = v.Bundle(file)
	holds(t, r, err, "the kept checkpoint of 5 events is signed")
	if !strings.Contains(strings.Join(r.Unproved, "\n"), "to compare them takes the log (dossier verify --log URL)") {
		t.Errorf("not proved: %v", r.Unproved)
	}

	v.Kept = keep([]byte("hello"))
	r, err = v.Bundle(file)
	finds(t, r, err, "the kept checkpoint is not signed")
}

// No byte of a file can be another: it can't be read then, or does not hold,
// unless the change is one of how JSON is written.
func TestAnyChangedByteIsFound(t *testing.T) {
	w := story(t)
	want := w.bundle(t)
	file := want.Encode()
	v := w.verifier()
	for i := 0; i < len(file); i += 29 {
		changed := slices.Clone(file)
		changed[i] ^= 1
		r, err := v.Bundle(changed)
		if err != nil || r.Verdict() != evidence.Holds {
			continue
		}
		if got, err := evidence.ParseBundle(changed); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("byte %d of %d was changed, and nothing was found: %v", i, len(file), err)
		}
	}
}

// A file that is made to take long does not.
func TestAFileOfManyWrongProofsIsSearchedForAWhileOnly(t *testing.T) {
	w := story(t)
	b := w.bundle(t)
	for len(b.Events) < 3000 {
		wrong := b.Events[0]
		wrong.Data += " "
		b.Events = append(b.Events, wrong)
	}
	r, err := w.verifier().Bundle(b.Encode())
	finds(t, r, err, "and more: only the first 100 are listed")
}
