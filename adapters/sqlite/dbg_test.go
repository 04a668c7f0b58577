package sqlite_test

import (
	"context"
	"testing"
	"time"

	"dossier/adapters/storetest"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func TestDbg(t *testing.T) {
	d := newDatabase(t)
	ctx := t.Context()
	s, err := d.Open(ctx, storetest.Options{})
	if err != nil { t.Fatal(err) }
	rc, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { s.Run(rc); close(done) }()
	t.Log(d.Exec(ctx, `CREATE TRIGGER test_refuse BEFORE INSERT ON deliveries
			BEGIN SELECT RAISE(ABORT, 'refused by a test'); END`))
	_, err = s.Append(ctx, eventlog.Request{Stream: eventlog.Stream{App: "a", Session: "b"}, Delivery: &eventlog.Delivery{ID: "x"},
		Decide: func(eventlog.Head) ([]kyc.Event, error) { return []kyc.Event{kyc.WebhookDiscarded{Status: "x"}}, nil }})
	t.Log(err)
	b, err := d.Blocked(ctx)
	t.Log(b, err)
	c2, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err = s.Append(c2, eventlog.Request{Stream: eventlog.Stream{App: "a", Session: "b"}, 
		Decide: func(eventlog.Head) ([]kyc.Event, error) { return []kyc.Event{kyc.WebhookDiscarded{Status: "x"}}, nil }})
	t.Log("2nd", err)
	_, err = d.raw.ExecContext(ctx, "DROP TRIGGER test_refuse")
	t.Log(err)
	stop()
	<-done
	b, err = d.Blocked(ctx)
	t.Log(b, err)
	s.Close()
	b, err = d.Blocked(ctx)
	t.Log(b, err)
}
