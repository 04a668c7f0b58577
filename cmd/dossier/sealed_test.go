package main

import (
	"context"
	"net/http"
	"testing"

	"dossier/application/translog"
)

// sealed waits until a signed checkpoint covers a position, and returns its
// note.
func (s *server) sealed(tb testing.TB, position int64) (translog.Checkpoint, []byte) {
	tb.Helper()
	ctx := bounded(tb)
	for {
		signed := s.service.sealer.Sealed.Changed()
		if note, found := s.checkpoint(tb); found {
			c, err := translog.OpenCheckpoint(note, s.service.logKey.verifiers)
			if err != nil {
				tb.Fatal(err)
			}
			if c.Size >= position {
				return c, note
			}
		}
		select {
		case <-signed:
		case <-ctx.Done():
			tb.Fatalf("position %d is not sealed:\n%s", position, s.logs.String())
		}
	}
}

// checkpoint returns the newest signed checkpoint, as anyone gets it.
func (c *client) checkpoint(tb testing.TB) (note []byte, found bool) {
	tb.Helper()
	a := c.as("").get("/log/checkpoint")
	switch a.status {
	case http.StatusOK:
		return a.body, true
	case http.StatusNotFound:
		return nil, false
	}
	tb.Fatalf("checkpoint: %d %s", a.status, a.body)
	return nil, false
}

// extended waits until the tree has a size, signed or not.
func (s *server) extended(tb testing.TB, size int64) {
	tb.Helper()
	ctx := bounded(tb)
	for {
		has, err := s.service.store.Sealed(context.WithoutCancel(ctx))
		if err != nil {
			tb.Fatal(err)
		}
		if has >= size {
			return
		}
		if err := ctx.Err(); err != nil {
			tb.Fatal(err)
		}
	}
}

// submitted is the webhook of a step that was submitted.
func submitted(session string) hook {
	return hook{fields: fields{
		"session_id": session, "status": "PENDING_VERIFICATION", "service": "LIVENESS", "step_id": "1", "reason": "",
	}}
}

// checkWhole waits until the log is sealed up to its head, and verifies the
// whole store. No session may change meanwhile.
func (c *client) checkWhole(t *testing.T, databaseURL string) {
	t.Helper()
	head := c.head()
	for ctx := bounded(t); ; {
		a, err := c.try(ctx, http.MethodGet, "/v1/events/"+text(head)+"/proof", nil, nil)
		if err != nil {
			t.Fatalf("position %d is not sealed: %v", head, err)
		}
		if a.status == http.StatusOK {
			break
		}
		if a.status != http.StatusServiceUnavailable {
			t.Fatalf("proof of position %d: %d %s", head, a.status, a.body)
		}
	}
	if o := carryOut(t, databaseURL, "verify"); o.code != exitFine {
		t.Errorf("verify: exit code %d\n%s%s", o.code, o.out, o.err)
	}
}
