package codec

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/replay"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// What happens when a form gets a successor, played through with one that never
// was: a status_changed from before its v1, which had other names for its fields
// and told neither the trigger nor the cause. A real v2 is made in the same way:
// v1 gets next, and its event becomes that of the next form.

const statusChangedV0Name = "kyc.status_changed.v0"

type statusChangedV0 struct {
	Step    string `json:"step,omitempty"`
	Service string `json:"service,omitempty"`
	Was     string `json:"was"`
	Status  string `json:"status"`
}

// next upcasts: what the older form could not say, it meant.
func (s *statusChangedV0) next() *statusChangedV1 {
	return &statusChangedV1{
		StepID: s.Step, Service: s.Service, Trigger: s.Status, From: s.Was, To: s.Status, Cause: kyc.CauseReported.String(),
	}
}

func (s *statusChangedV0) event() (kyc.Event, error) { return s.next().event() }

func (s *statusChangedV0) read(p *plain, name string) bool {
	switch name {
	case "step":
		return p.free(&s.Step)
	case "service":
		return p.free(&s.Service)
	case "was":
		return p.word(&s.Was)
	case "status":
		return p.word(&s.Status)
	default:
		return false
	}
}

// withV0 are the names of a program that knows the older one.
func withV0(name string) decoder {
	if name == statusChangedV0Name {
		return read[statusChangedV0]
	}
	return decoderOf(name)
}

func decodeWithV0(name, data string) (kyc.Event, error) { return decode(withV0, name, data) }

func TestAnOlderFormIsReadAsThePresentEvent(t *testing.T) {
	want := kyc.StatusChanged{StepID: "1", Service: "AML", Trigger: kyc.ReportApproved,
		From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseReported}
	for way, data := range map[string]string{
		"the short way":      `{"step":"1","service":"AML","was":"PENDING_VERIFICATION","status":"APPROVED"}`,
		"with encoding/json": `{"step":"\u0031","service":"AML","was":"PENDING_VERIFICATION","status":"APPROVED"}`,
	} {
		if got, err := decodeWithV0(statusChangedV0Name, data); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", way, got, err, want)
		}
	}
	if _, err := decodeWithV0(statusChangedV0Name, `{"was":"APPROVED","status":"secret"}`); !errors.Is(err, ErrCorrupt) ||
		!strings.Contains(err.Error(), statusChangedV0Name) || strings.Contains(err.Error(), "secret") {
		t.Errorf("a corrupt one: %v", err)
	}
}

// A program from before a version must say that it does not know it, and not
// that the log is broken.
func TestAProgramWithoutAVersionSaysSo(t *testing.T) {
	if _, err := Decode(statusChangedV0Name, `{"was":"APPROVED","status":"REJECTED"}`); !errors.Is(err, ErrUnknownName) {
		t.Errorf("got %v", err)
	}
}

// row is an event of the log as it is stored.
type row struct{ name, data string }

// history is the life of one session, with an event of every kind that changes
// it. With older, what the older program wrote is in its form.
func history(older bool) []row {
	rows := []row{
		{StatusChangedV1, `{"step_id":"1","service":"LIVENESS","trigger":"PENDING_VERIFICATION","from":"SUBMISSION_REQUIRED","to":"PENDING_VERIFICATION","cause":"reported"}`},
		{StatusChangedV1, `{"step_id":"1","service":"LIVENESS","trigger":"APPROVED","from":"PENDING_VERIFICATION","to":"APPROVED","cause":"reported"}`},
		{TransitionFlaggedV1, `{"step_id":"2","service":"LIVENESS","violation":"premature","severity":"medium","from":"SUBMISSION_REQUIRED","attempted":"APPROVED"}`},
		{StatusRepeatedV1, `{"step_id":"1","service":"LIVENESS","trigger":"APPROVED","status":"APPROVED"}`},
		{StatusChangedV1, `{"step_id":"1","service":"LIVENESS","trigger":"REJECTED","from":"APPROVED","to":"REJECTED","reason":"forged","cause":"reported"}`},
	}
	if older {
		rows[0] = row{statusChangedV0Name, `{"step":"1","service":"LIVENESS","was":"SUBMISSION_REQUIRED","status":"PENDING_VERIFICATION"}`}
		rows[1] = row{statusChangedV0Name, `{"step":"1","service":"LIVENESS","was":"PENDING_VERIFICATION","status":"APPROVED"}`}
	}
	return rows
}

func recorded(rows []row) (all []eventlog.Recorded) {
	for i, r := range rows {
		n := int64(i + 1)
		all = append(all, eventlog.Recorded{
			Position: n, EventID: fmt.Sprintf("0190163d-8694-739b-aea5-%012d", n), Stream: eventlog.Stream{App: "default", Session: "s"},
			Version: n, Type: r.name, Data: r.data, Metadata: `{}`, RecordedAt: time.UnixMicro(1_767_319_445_000_000 + n).UTC(),
		})
	}
	return all
}

// log is such a history for a replay.
type log []eventlog.Recorded

func (l log) Head(context.Context) (int64, error) { return int64(len(l)), nil }

func (l log) ReadRows(_ context.Context, _ kyc.App, after, through int64) (rows []replay.Row, _ error) {
	for _, e := range l[after:min(through, int64(len(l)))] {
		rows = append(rows, replay.Row{Position: e.Position, Stream: e.Stream.Key(), Version: e.Version, Type: e.Type, Data: e.Data, RecordedAt: e.RecordedAt})
	}
	return rows, nil
}

// folded returns the session that a log leaves.
func folded(t *testing.T, l log) kyc.State {
	t.Helper()
	s := kyc.NewSession()
	for _, e := range l {
		event, err := decodeWithV0(e.Type, e.Data)
		if err != nil {
			t.Fatal(err)
		}
		s.Apply(event, e.Mark())
	}
	return s.State()
}

func TestALogOfBothVersionsLeavesTheSameState(t *testing.T) {
	old, now := log(recorded(history(true))), log(recorded(history(false)))
	if got, want := folded(t, old), folded(t, now); !reflect.DeepEqual(got, want) {
		t.Errorf("folded to %+v, want %+v", got, want)
	}
	totals := func(l log) replay.Totals {
		got, err := replay.Fold{Log: l, Decode: decodeWithV0}.Run(t.Context(), 1, int64(len(l)))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got, want := totals(old), totals(now)
	if got.Types[statusChangedV0Name] != 2 {
		t.Errorf("the replay counted the types %v", got.Types)
	}
	if got.Types = want.Types; !reflect.DeepEqual(got, want) {
		t.Errorf("replayed to %+v, want %+v", got, want)
	}
}

// History is not rewritten: the older text stays in the log, and the leaf that
// proves it is that of the older name and text. Written anew in the present form,
// no proof would hold.
func TestUpcastingChangesNoProof(t *testing.T) {
	for _, e := range recorded(history(true)) {
		before, leaf := e, translog.Leaf(e)
		event, err := decodeWithV0(e.Type, e.Data)
		if err != nil {
			t.Fatal(err)
		}
		e.Event = event
		if translog.Leaf(e) != leaf || e.Type != before.Type || e.Data != before.Data {
			t.Errorf("reading %s changed what is proved", e.Type)
		}
		name, data, err := Encode(event)
		if err != nil {
			t.Fatal(err)
		}
		anew := e
		anew.Type, anew.Data = name, string(data)
		if same := translog.Leaf(anew) == leaf; same != (before.Type != statusChangedV0Name) {
			t.Errorf("%s written anew has the same leaf: %t", before.Type, same)
		}
	}
}

// A new version costs the older ones nothing that a replay would feel.
func BenchmarkDecodeOlder(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeWithV0(statusChangedV0Name, `{"step":"1253242","service":"LIVENESS","was":"PENDING_VERIFICATION","status":"APPROVED"}`); err != nil {
			b.Fatal(err)
		}
	}
}
