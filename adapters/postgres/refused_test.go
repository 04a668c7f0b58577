package postgres_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"dossier/adapters/storetest"
	"dossier/application/eventlog"
)

// refusePoison lets the database refuse one delivery as data that it can't
// store.
var refusePoison = []string{
	`CREATE FUNCTION test_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.delivery_id = 'poison' THEN RAISE EXCEPTION 'bad data' USING ERRCODE = '22000'; END IF;
		RETURN NEW;
	END $$`,
	`CREATE TRIGGER test_poison BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION test_poison()`,
}

// Values that the database refuses must not fail the appends beside them.
func TestRefusedValuesFailAlone(t *testing.T) {
	d, g := newDatabase(t), newGate()
	for _, statement := range refusePoison {
		if err := d.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	s := run(t, d.url, storetest.Options{BeforeCommit: g.pass})
	answers := make(chan error, 1)
	go func() {
		_, err := s.Append(t.Context(), request("a", "first"))
		answers <- err
	}()
	<-g.reached
	texts := []string{"1", "poison", "2", "3"}
	failures := make([]chan error, len(texts))
	for i, text := range texts {
		failures[i] = make(chan error, 1)
		go func() {
			_, err := s.Append(t.Context(), request("a", text))
			failures[i] <- err
		}()
	}
	close(g.opened)
	if err := <-answers; err != nil {
		t.Error(err)
	}
	for i, text := range texts {
		err := <-failures[i]
		if text == "poison" && !errors.Is(err, eventlog.ErrUnstorable) || text != "poison" && err != nil {
			t.Errorf("append %s: %v", text, err)
		}
	}
	if got := says(t, s); len(got) != len(texts) {
		t.Errorf("the log says %q", got)
	}
}

// PostgreSQL tells the key of a row that is there already. It is a session id,
// which opens a person's verification page.
func TestErrorsDoNotHaveTheSession(t *testing.T) {
	const secret = "b3ef0b5c-secret-session"
	d := newDatabase(t)
	var logged bytes.Buffer
	c := config(storetest.Options{})
	c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := start(t, open(t, d.url, c))
	// Only a bug, or a person with an SQL shell, leads to a version that is there.
	err := d.Exec(t.Context(), `INSERT INTO events (position, event_id, stream, version, type, data, metadata, recorded_at)
		VALUES (1, '0190163d-8694-739b-aea5-966c26f8ad91', 'default/`+secret+`', 1, 'kyc.webhook_discarded.v1', '{"status":"x"}', '{}', 1)`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Append(t.Context(), request(secret, "x"))
	if !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, eventlog.ErrUnavailable)
	}
	s.stop()
	<-s.ended
	if logged.Len() == 0 {
		t.Error("the failure was not logged")
	}
	for _, text := range []string{err.Error(), logged.String()} {
		if strings.Contains(text, secret) {
			t.Errorf("the session id is in %q", text)
		}
	}
}
