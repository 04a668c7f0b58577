package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"dossier/adapters/codec"
	"dossier/adapters/pubsub"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// receiving returns what records reports of one session in an SQLite database.
func receiving(databaseURL string) (receive func(kyc.Report), stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlite.Open(ctx, strings.TrimPrefix(databaseURL, "sqlite:"), sqlstore.Config{
		Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: time.Now,
	})
	if err != nil {
		log.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(ctx) })
	command := receiver(store)
	return func(r kyc.Report) {
			if _, err := command.Handle(ctx, reported(r)); err != nil {
				log.Fatal(err)
			}
		}, func() {
			cancel()
			running.Wait()
			store.Close()
		}
}

func receiver(s *sqlstore.Store) command.ReceiveWebhook {
	return command.NewReceiveWebhook(s, kyc.NewMachine(), kyc.RuleBook{})
}

// reported is a webhook of a session.
func reported(r kyc.Report) command.Webhook {
	return command.Webhook{App: "default", Session: "2ac3f7ab-secret", Report: r, Metadata: eventlog.Metadata{
		Attempt: 1, OriginalIP: "192.0.2.1", Payload: `{"odd":"\"causation_id\":\"x\""}`,
	}}
}

// A report without a reason brings a second event along.
func history(t *testing.T, store *sqlstore.Store) {
	t.Helper()
	for _, r := range []kyc.Report{
		{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification},
		{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportRejected},
		{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved},
		{Trigger: kyc.ReportReset},
		{StepID: "1", Service: "LIVENESS", Status: "ON_HOLD"},
	} {
		if _, err := receiver(store).Handle(t.Context(), reported(r)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDecodedMessagesAreWhatWasRecorded(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		store := server(t, databaseURL)
		history(t, store)
		events, err := store.ReadAll(t.Context(), 0, 100)
		if err != nil || len(events) < 6 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		in := subscribeTo(t, open(t, databaseURL, pubsub.Config{}))
		brought := 0
		for _, recorded := range events {
			msg := next(t, in)
			msg.Ack()
			want := decoded(t, recorded)
			if want.CorrelationID != want.EventID {
				brought++
			}
			got, err := pubsub.Decode(msg)
			if diff := cmp.Diff(want, got, cmp.Comparer(sameEvent)); err != nil || diff != "" {
				t.Errorf("position %d: %v\n%s", recorded.Position, err, diff)
			}
		}
		if brought == 0 {
			t.Error("no event was brought along by another")
		}
	})
}

// sameEvent compares values that go-cmp can't look into.
func sameEvent(a, b kyc.Event) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

func decoded(t *testing.T, r eventlog.Recorded) pubsub.Event {
	t.Helper()
	metadata, err := codec.DecodeMetadata(r.Metadata)
	if err != nil {
		t.Fatal(err)
	}
	correlation := metadata.CausationID
	if correlation == "" {
		correlation = r.EventID
	}
	return pubsub.Event{
		Position: r.Position, EventID: r.EventID, App: r.Stream.App, Session: r.Stream.Session, Version: r.Version,
		Type: r.Type, RecordedAt: r.RecordedAt, CorrelationID: correlation, Data: r.Event, Raw: r.Data, Metadata: metadata,
	}
}

// valid is a message as a subscriber delivers it.
func valid() *message.Message {
	msg := message.NewMessage("0190163d-8694-739b-aea5-966c26f8ad91", []byte(`{"cycle":2,"cause":"reported"}`))
	msg.Metadata = message.Metadata{
		"position": "7", "app": "default", "session_id": "2ac3f7ab-secret", "version": "2", "type": "kyc.session_reset.v1",
		"recorded_at": "2026-03-01T12:00:00.000001Z", "metadata": `{"attempt":1}`, "correlation_id": "0190163d-8694-739b-aea5-966c26f8ad91",
	}
	return msg
}

func TestAnEventOfAnUnknownTypeIsReadButForItsData(t *testing.T) {
	msg := valid()
	known, err := pubsub.Decode(msg)
	if err != nil {
		t.Fatal(err)
	}
	msg.Metadata["type"] = "kyc.session_archived.v1"
	unknown, err := pubsub.Decode(msg)
	if !errors.Is(err, pubsub.ErrUnknownType) {
		t.Errorf("got %v, want %v", err, pubsub.ErrUnknownType)
	}
	known.Type, known.Data = "kyc.session_archived.v1", nil
	if diff := cmp.Diff(known, unknown); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesThatDossierDidNotWrite(t *testing.T) {
	for name, change := range map[string]func(*message.Message){
		"no metadata":       func(m *message.Message) { m.Metadata = nil },
		"no session":        func(m *message.Message) { m.Metadata["session_id"] = "" },
		"a position of 0":   func(m *message.Message) { m.Metadata["position"] = "0" },
		"an odd version":    func(m *message.Message) { m.Metadata["version"] = "2ac3f7ab-secret" },
		"an odd time":       func(m *message.Message) { m.Metadata["recorded_at"] = "2ac3f7ab-secret" },
		"odd metadata":      func(m *message.Message) { m.Metadata["metadata"] = "2ac3f7ab-secret" },
		"data that is none": func(m *message.Message) { m.Payload = []byte("2ac3f7ab-secret") },
		"data of another":   func(m *message.Message) { m.Metadata["type"] = "kyc.flag_resolved.v1" },
	} {
		msg := valid()
		change(msg)
		event, err := pubsub.Decode(msg)
		if !errors.Is(err, pubsub.ErrCorrupt) || strings.Contains(err.Error(), "secret") || event.Position != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADecodedEventDoesNotPrintItsSession(t *testing.T) {
	event, err := pubsub.Decode(valid())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(event), fmt.Sprintf("%#v", event), fmt.Sprintf("%+v", event)} {
		if strings.Contains(text, "secret") {
			t.Errorf("an event prints as %s", text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("7", "2", "2026-03-01T12:00:00.000001Z", `{"attempt":1}`, "kyc.session_reset.v1", []byte(`{"cycle":2,"cause":"reported"}`))
	f.Fuzz(func(t *testing.T, position, version, at, metadata, name string, data []byte) {
		msg := valid()
		msg.Payload = data
		for key, value := range map[string]string{"position": position, "version": version, "recorded_at": at, "metadata": metadata, "type": name} {
			msg.Metadata[key] = value
		}
		event, err := pubsub.Decode(msg)
		if err == nil && (event.Data == nil || event.Position < 1 || event.Version < 1) {
			t.Errorf("half an event: %+v", event)
		}
		if err != nil && !errors.Is(err, pubsub.ErrCorrupt) && !errors.Is(err, pubsub.ErrUnknownType) {
			t.Error(err)
		}
	})
}

func TestASessionIsFoldedUpToItsEvent(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		store := server(t, databaseURL)
		history(t, store)
		s := open(t, databaseURL, pubsub.Config{})
		in := subscribeTo(t, s)
		for i, want := range []kyc.Overall{
			kyc.OverallPendingVerification, kyc.OverallRejected, kyc.OverallRejected, kyc.OverallRejected, kyc.OverallSubmissionRequired,
		} {
			msg := next(t, in)
			msg.Ack()
			event, err := pubsub.Decode(msg)
			if err != nil {
				t.Fatal(err)
			}
			session, err := s.Session(t.Context(), event)
			if err != nil {
				t.Fatal(err)
			}
			if got := session.Overall(kyc.Rules{}); got != want || session.Version() != event.Version {
				t.Errorf("event %d: %v at version %d, want %v at %d", i+1, got, session.Version(), want, event.Version)
			}
		}
		beyond := pubsub.Event{App: "default", Session: "2ac3f7ab-secret", Version: 99}
		if _, err := s.Session(t.Context(), beyond); !errors.Is(err, eventlog.ErrNotFound) || strings.Contains(err.Error(), "secret") {
			t.Errorf("a session without that event: %v", err)
		}
	})
}
