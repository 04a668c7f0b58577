package evidence_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/evidence"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// The people and things of the tests.
const (
	person  = kyc.SessionID("2ac3f7ab-3729-f968-3f55-aa47e881")
	another = kyc.SessionID("77d0c1ee-0b52-41f7-8a0f-51c9be02")
)

func stream(id kyc.SessionID) eventlog.Stream { return eventlog.Stream{App: "default", Session: id} }

func dawn() time.Time { return time.Date(2026, 3, 1, 6, 0, 1, 250_000, time.UTC) }

// world is a log and its tree in memory, with the key that signs it.
type world struct {
	eventlog.Reader // what the tests don't use

	mu       sync.Mutex
	sessions map[eventlog.Stream]*kyc.Session
	events   []eventlog.Recorded
	builder  *translog.Builder
	tiles    map[string][]byte
	signed   *translog.Signed
	key      *translog.Key
	onRead   func() // after a stream was read, if set
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{
		sessions: map[eventlog.Stream]*kyc.Session{}, builder: translog.NewBuilder(), tiles: map[string][]byte{}, key: newKey(t),
	}
}

func newKey(t testing.TB) *translog.Key {
	t.Helper()
	secret, _, err := translog.NewKey("dossier-test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := translog.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// report appends what becomes of a report, as the service would.
func (w *world) report(t testing.TB, id kyc.SessionID, step kyc.StepID, trigger kyc.Trigger, reason string) {
	t.Helper()
	s := stream(id)
	if w.sessions[s] == nil {
		w.sessions[s] = kyc.NewSession()
	}
	decider := kyc.Decider{Machine: kyc.NewMachine(), Rules: kyc.Rules{HealWindow: kyc.DefaultHealWindow}}
	at := dawn().Add(time.Duration(len(w.events)) * time.Minute)
	for _, e := range decider.Receive(w.sessions[s], kyc.Report{StepID: step, Service: "LIVENESS", Trigger: trigger, Reason: reason}, at).Events {
		name, data, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		r := eventlog.Recorded{
			Position: int64(len(w.events)) + 1, Stream: s, Version: w.sessions[s].Version() + 1, Type: name, Data: string(data), Event: e,
			EventID:  fmt.Sprintf("0190163d-8694-739b-aea5-%012x", len(w.events)+1),
			Metadata: `{"payload":"{\"reason\":\"<é  & \\u0001>\"}"}`, RecordedAt: at,
		}
		w.sessions[s].Apply(e, r.Mark())
		w.events = append(w.events, r)
	}
}

// story tells two lives, one between the other's events, and seals them.
func story(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.report(t, person, "1", kyc.ReportPendingVerification, "")
	w.report(t, another, "1", kyc.ReportPendingVerification, "")
	w.report(t, person, "1", kyc.ReportResubmissionRequired, "blurred")
	w.report(t, person, "1", kyc.ReportPendingVerification, "")
	w.report(t, another, "1", kyc.ReportApproved, "")
	w.report(t, person, "1", kyc.ReportApproved, "")
	w.report(t, person, "1", kyc.ReportPendingVerification, "") // flagged
	w.report(t, another, "1", kyc.ReportApproved, "")           // repeated
	w.seal(t)
	return w
}

// seal extends the tree to the head and signs it.
func (w *world) seal(t testing.TB) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events[w.builder.Size():] {
		w.builder.Add(translog.Leaf(e))
	}
	for _, tile := range w.builder.Take() {
		w.tiles[fmt.Sprint(tile.Level, "/", tile.Number)] = tile.Hashes
	}
	w.signed = w.signedAt(t, w.builder.Size())
}

func (w *world) signedAt(t testing.TB, size int64) *translog.Signed {
	t.Helper()
	note, err := w.key.Sign(w.checkpoint(t, size).Text())
	if err != nil {
		t.Fatal(err)
	}
	return &translog.Signed{Size: size, Note: note}
}

// checkpoint is computed without tiles, by the leaves alone.
func (w *world) checkpoint(t testing.TB, size int64) translog.Checkpoint {
	t.Helper()
	c := translog.Checkpoint{Origin: w.key.Origin(), Size: size}
	c.Root = naiveRoot(leavesOf(w.events[:size]))
	return c
}

// forge replaces an event and computes the tree anew, as an attacker does who
// has the database and the key.
func (w *world) forge(t testing.TB, position int64, change func(*eventlog.Recorded)) {
	t.Helper()
	change(&w.events[position-1])
	w.builder, w.tiles = translog.NewBuilder(), map[string][]byte{}
	w.seal(t)
}

func (w *world) exporter() evidence.Exporter {
	return evidence.Exporter{
		Log: w, Sealed: w, Key: w.key, Machine: kyc.NewMachine(), Program: "dossier test", Now: dawn,
		Rules: kyc.RuleBook{Default: kyc.Rules{Required: []kyc.Service{"LIVENESS"}}},
	}
}

// present is the log as its owner sees it, with a tree of so many events.
func (w *world) present(size int64) evidence.Present {
	return evidence.Present{Tree: translog.NewTree(w), Size: size, Stream: w.ReadStream}
}

func (w *world) verifier() evidence.Verifier {
	return evidence.Verifier{Key: w.key.Verifier(), Machine: kyc.NewMachine(), Decode: codec.Decode}
}

// bundle exports the person's session.
func (w *world) bundle(t testing.TB) evidence.Bundle {
	t.Helper()
	b, err := w.exporter().Session(t.Context(), stream(person))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) ReadStream(_ context.Context, s eventlog.Stream, after int64, limit int) (page []eventlog.Recorded, err error) {
	w.mu.Lock()
	for _, e := range w.events {
		if e.Stream == s && e.Version > after && len(page) < limit {
			page = append(page, e)
		}
	}
	w.mu.Unlock()
	if w.onRead != nil {
		w.onRead()
	}
	return page, nil
}

func (w *world) ReadAll(_ context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	after = min(after, int64(len(w.events)))
	return w.events[after:min(after+int64(limit), int64(len(w.events)))], nil
}

func (w *world) Head(context.Context) (int64, error) { return int64(len(w.events)), nil }

func (w *world) ReadTile(_ context.Context, level int, number int64) ([]byte, error) {
	return w.tiles[fmt.Sprint(level, "/", number)], nil
}

func (w *world) LatestSigned(context.Context) (translog.Signed, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.signed == nil {
		return translog.Signed{}, false, nil
	}
	return *w.signed, true, nil
}

// restate signs a bundle as it stands, as another version of the program might
// have made it.
func (w *world) restate(t testing.TB, b evidence.Bundle) []byte {
	t.Helper()
	signed, err := evidence.Restate(b, w.key, w.signed.Size)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// keep is what an auditor kept; nothing if there is none.
func keep(note []byte) []evidence.Kept {
	if note == nil {
		return nil
	}
	return []evidence.Kept{{Name: "the kept checkpoint", Note: note}}
}
