package cloudevents_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"pgregory.net/rapid"

	"dossier/adapters/cloudevents"
	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/relay"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	session = "2ac3f7ab-3729-f968-3f55-aa47e881"
	// odd is a text that a careless encoder would change.
	odd = "\"quoted\" back\\slash <&> tab\t line\n \u2028 é 🙂 \u0001"
)

var key = sessionref.Key{1, 2, 3}

// recorded is an event as the log holds it.
func recorded(t testing.TB, decided kyc.Event, m eventlog.Metadata) eventlog.Recorded {
	t.Helper()
	name, data, err := codec.Encode(decided)
	if err != nil {
		t.Fatal(err)
	}
	return eventlog.Recorded{
		Position: 9_007_199_254_740_993, EventID: "01970c2e-7c4a-7d11-8f0a-3b1f2f6f0001", Version: 3,
		Stream: eventlog.Stream{App: "payments", Session: session},
		Type:   name, Data: string(data), Metadata: string(codec.EncodeMetadata(m)),
		RecordedAt: time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC), Event: decided,
	}
}

func approval(t testing.TB) eventlog.Recorded {
	return recorded(t, kyc.StatusChanged{StepID: "1253242", Service: "LIVENESS", Trigger: kyc.ReportApproved,
		From: kyc.PendingVerification, To: kyc.Approved, Reason: odd, Cause: kyc.CauseReported, Flag: 9_007_199_254_740_993},
		eventlog.Metadata{DeliveryID: "evt_1", Payload: `{"session_id":"` + session + `"}`, OriginalIP: "192.0.2.1", Actor: "alice"})
}

func wrap(t testing.TB, v *cloudevents.Envelope, e eventlog.Recorded) relay.Message {
	t.Helper()
	m, err := v.Message(e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestGoldenEnvelope(t *testing.T) {
	for name, hide := range map[string]bool{"session": false, "reference": true} {
		t.Run(name, func(t *testing.T) {
			m := wrap(t, cloudevents.New(key, hide), approval(t))
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(path, append(m.Body, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(m.Body) + "\n"; got != string(golden) {
				t.Errorf("got  %s\nwant %s", got, golden)
			}
			if m.Key != key.Of("payments", session) || m.Event.Position != 9_007_199_254_740_993 {
				t.Errorf("the message has the key %s and the position %d", m.Key, m.Event.Position)
			}
		})
	}
}

// read is an envelope as a consumer reads it, by the library of CloudEvents.
func read(t testing.TB, m relay.Message) event.Event {
	t.Helper()
	var e event.Event
	if err := json.Unmarshal(m.Body, &e); err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	return e
}

func TestConsumersReadWhatTheLogHolds(t *testing.T) {
	e := approval(t)
	got := read(t, wrap(t, cloudevents.New(key, false), e))
	if string(got.Data()) != e.Data {
		t.Errorf("the data is %s, want %s", got.Data(), e.Data)
	}
	if got.ID() != e.EventID || got.Type() != e.Type || got.Source() != "/dossier/payments" || got.Subject() != session ||
		!got.Time().Equal(e.RecordedAt) || got.DataContentType() != "application/json" ||
		got.DataSchema() != "urn:dossier:schema:kyc.status_changed.v1" {
		t.Errorf("the attributes are %s", got.Context)
	}
	for name, want := range map[string]any{
		"app": "payments", "sequence": "00009007199254740993", "sessionversion": int32(3),
		"partitionkey": key.Of("payments", session), "correlationid": e.EventID,
	} {
		if got.Extensions()[name] != want {
			t.Errorf("%s is %v, want %v", name, got.Extensions()[name], want)
		}
	}
	if len(got.Extensions()) != 5 {
		t.Errorf("the extensions are %v", got.Extensions())
	}
}

func TestCorrelationIsTheFirstEventOfTheSameCause(t *testing.T) {
	const first = "01970c2e-7c4a-7d11-8f0a-3b1f2f6f0000"
	for name, row := range map[string]struct {
		metadata eventlog.Metadata
		want     string
	}{
		"none":                   {eventlog.Metadata{}, "01970c2e-7c4a-7d11-8f0a-3b1f2f6f0001"},
		"a cause":                {eventlog.Metadata{CausationID: first}, first},
		"all fields":             {eventlog.Metadata{DeliveryID: odd, Actor: odd, CausationID: first, Payload: odd}, first},
		"one in the raw webhook": {eventlog.Metadata{Payload: `{"causation_id":"forged"}`}, "01970c2e-7c4a-7d11-8f0a-3b1f2f6f0001"},
		"forged in a text":       {eventlog.Metadata{Actor: `","causation_id":"forged"`, Payload: `x","causation_id":"forged"`}, "01970c2e-7c4a-7d11-8f0a-3b1f2f6f0001"},
	} {
		m := wrap(t, cloudevents.New(key, true), recorded(t, kyc.WebhookDiscarded{Status: "ON_HOLD"}, row.metadata))
		if got := read(t, m).Extensions()["correlationid"]; got != row.want {
			t.Errorf("%s: the correlation is %v, want %s", name, got, row.want)
		}
	}
}

// texts are of every kind that the log stores: any valid UTF-8 without NUL.
func texts() *rapid.Generator[string] {
	text := rapid.OneOf(rapid.Just(odd), rapid.StringN(1, 40, -1), rapid.Just(`"causation_id":"x"`))
	return rapid.Map(text, func(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "") + "." })
}

func TestAnyEventIsWrappedAsItIs(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		e := recorded(t, kyc.WebhookDiscarded{Status: texts().Draw(r, "status"), Reason: texts().Draw(r, "reason")},
			eventlog.Metadata{Payload: texts().Draw(r, "payload"), DeliveryID: texts().Draw(r, "delivery")})
		e.Stream.Session = kyc.SessionID(texts().Draw(r, "session"))
		e.Position = rapid.Int64Range(1, math.MaxInt64).Draw(r, "position")
		got := read(t, wrap(t, cloudevents.New(key, false), e))
		if string(got.Data()) != e.Data || got.Subject() != string(e.Stream.Session) {
			r.Errorf("data %s, subject of %d characters", got.Data(), len(got.Subject()))
		}
		if got.Extensions()["correlationid"] != e.EventID {
			r.Errorf("the correlation is %v", got.Extensions()["correlationid"])
		}
	})
}

// Neither the envelope nor the data of any event holds the session id when it
// is to be hidden, and nothing of the metadata.
func TestHiddenSessionIsNowhere(t *testing.T) {
	v := cloudevents.New(key, true)
	for _, decided := range []kyc.Event{
		kyc.StatusChanged{StepID: "1", Service: "AML", Trigger: kyc.ReportApproved, From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseReported},
		kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported},
		kyc.StatusRepeated{Trigger: kyc.ReportApproved, Status: kyc.Approved},
		kyc.TransitionFlagged{Violation: kyc.Premature, Severity: kyc.SeverityMedium, From: kyc.SubmissionRequired, Attempted: kyc.ReportApproved},
		kyc.WebhookDiscarded{Status: "ON_HOLD"},
		kyc.ContractViolated{Violation: kyc.MissingReason, Severity: kyc.SeverityLow},
		kyc.FlagResolved{Flag: 1, Resolution: kyc.ResolvedDismiss, By: "bob", Note: "fine"},
	} {
		m := wrap(t, v, recorded(t, decided, eventlog.Metadata{Payload: `{"session_id":"` + session + `","secret":1}`, OriginalIP: "192.0.2.1"}))
		for _, hidden := range []string{session, "secret", "192.0.2.1"} {
			if strings.Contains(string(m.Body), hidden) {
				t.Errorf("%s tells what is hidden: %s", m.Event.Type, m.Body)
			}
		}
		if got := read(t, m).Subject(); got != m.Key {
			t.Errorf("the subject is %s, want %s", got, m.Key)
		}
	}
}

func TestEventThatBreaksTheRulesIsAnError(t *testing.T) {
	for name, breakIt := range map[string]func(*eventlog.Recorded){
		"no id":        func(e *eventlog.Recorded) { e.EventID = "" },
		"no type":      func(e *eventlog.Recorded) { e.Type = "" },
		"no session":   func(e *eventlog.Recorded) { e.Stream.Session = "" },
		"many changes": func(e *eventlog.Recorded) { e.Version = math.MaxInt32 + 1 },
	} {
		e := approval(t)
		breakIt(&e)
		if _, err := cloudevents.New(key, false).Message(e); err == nil || strings.Contains(err.Error(), session) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	v, e := cloudevents.New(key, true), approval(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Message(e); err != nil {
			b.Fatal(err)
		}
	}
}
