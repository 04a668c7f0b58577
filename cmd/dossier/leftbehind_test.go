package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"dossier/adapters/postgres/pgcluster"
	"dossier/torture/pgproxy"
)

// moving is a primary and an asynchronous standby behind one address, such as a
// load balancer or a virtual IP. When it leads to the other server, connections
// that are open stay.
type moving struct {
	old, promoted *pgcluster.Server
	address       *pgproxy.Proxy
	url           string
}

func newMoving(t *testing.T) moving {
	t.Helper()
	m := moving{old: pgcluster.New(t)}
	m.promoted = pgcluster.Follow(t, m.old, "s1")
	address, err := pgproxy.Open(hostPort(m.old))
	do(t, err)
	t.Cleanup(func() { do(t, address.Close()) })
	m.address = address
	m.url = "postgres://" + pgcluster.User + "@" + address.Address() + "/postgres?sslmode=disable"
	return m
}

func hostPort(s *pgcluster.Server) string { return net.JoinHostPort("127.0.0.1", fmt.Sprint(s.Port())) }

// followed waits until the standby has as many events.
func (m moving) followed(t *testing.T, events int64) {
	t.Helper()
	eventually(t, "the standby has what was committed", func() bool {
		var n int64
		err := raw(t, m.promoted.URL("postgres")).QueryRowContext(t.Context(), `SELECT count(*) FROM events`).Scan(&n)
		return err == nil && n >= events
	})
}

// approved lets a session be approved, and returns the position.
func (s *server) approved(id string) int64 {
	s.tb.Helper()
	s.send(hook{id: id + "-1", fields: withID(id, whole("PENDING_VERIFICATION", ""))}, "applied")
	position := s.send(hook{id: id + "-2", fields: withID(id, whole("APPROVED", ""))}, "applied").last
	equal(s.tb, "status of "+id, s.session(id, position).Status, "APPROVED")
	return position
}

// shows reads a session in every way, and returns the statuses that are told. A
// refusal must be one that says why.
func (s *server) shows(id string) (told []string) {
	s.tb.Helper()
	for _, path := range []string{
		sessionPath("default", id), sessionPath("default", id, "as_of="+url.QueryEscape("2100-01-01T00:00:00Z")),
		"/v1/sessions?limit=1", "/v1/sessions?status=APPROVED",
	} {
		a := s.get(path)
		switch text := string(a.body); {
		case a.status == http.StatusServiceUnavailable && (strings.Contains(text, "stale-database") || strings.Contains(text, "log-unavailable")):
		case a.status != http.StatusOK:
			s.tb.Errorf("GET %s: %d %s", path, a.status, text)
		case strings.Contains(text, id) && strings.Contains(text, `"status":"APPROVED"`):
			told = append(told, "APPROVED")
		case strings.Contains(text, id):
			told = append(told, "REJECTED")
		}
	}
	return told
}

// neverApproved waits until the rejection of the only session is projected, and
// then wants no read of any server to tell the approval.
func (m moving) neverApproved(t *testing.T, id string, servers ...*server) {
	t.Helper()
	promoted := raw(t, m.promoted.URL("postgres"))
	eventually(t, "the rejection is projected at the new primary", func() bool {
		var status string
		err := promoted.QueryRowContext(t.Context(), `SELECT status FROM sessions`).Scan(&status)
		return err == nil && status == "REJECTED"
	})
	for _, s := range servers {
		rejected := 0
		eventually(t, "the rejection is told", func() bool {
			told := s.shows(id)
			if strings.Contains(strings.Join(told, " "), "APPROVED") {
				t.Fatalf("a session that was rejected is told as %s", told)
			}
			rejected += len(told)
			return rejected >= 160
		})
	}
}

// The old primary comes back as a standby that follows nobody, before the address
// leads to the new one. One server takes the rejection itself, and the other has
// written nothing at all, so that it knows of no position.
func TestNoReadIsAnsweredByAServerThatWasLeftBehind(t *testing.T) {
	m := newMoving(t)
	s, silent := serve(t, m.url), serve(t, m.url)
	m.followed(t, s.approved(person))
	silent.session(person, 2)
	do(t, m.old.Stop(t.Context(), pgcluster.Fast))
	do(t, m.promoted.Promote(t.Context()))
	do(t, m.old.Demote(nil, ""))
	do(t, m.old.Start(t.Context()))
	for _, one := range []*server{s, silent} {
		for range 5 { // they connect to whatever they find
			if told := one.shows(person); len(told) > 0 && strings.Contains(strings.Join(told, " "), "REJECTED") {
				t.Fatalf("nobody was rejected, and %v is told", told)
			}
		}
	}
	m.address.Lead(hostPort(m.promoted))
	eventually(t, "the rejection is taken", func() bool {
		return s.post(hook{id: "r", fields: withID(person, whole("REJECTED", "forged"))}).status == http.StatusOK
	})
	m.neverApproved(t, person, s, silent)
}

// The old primary runs on, as a primary: nobody fenced it. A server that only has
// connections to it can't know. It does as soon as one new connection leads to the
// other, and lets go of all the old ones.
func TestAServerLeavesAPrimaryThatWasReplaced(t *testing.T) {
	m := newMoving(t)
	s := serve(t, m.url)
	m.followed(t, s.approved(person))
	do(t, m.promoted.Promote(t.Context()))
	m.address.Lead(hostPort(m.promoted))
	other := serve(t, m.url)
	other.send(hook{id: "r", fields: withID(person, whole("REJECTED", "forged"))}, "applied")
	eventually(t, "a new connection is made, and the rejection shown", func() bool {
		var calls sync.WaitGroup
		for range 40 {
			calls.Go(func() { s.get(sessionPath("default", person)) })
		}
		calls.Wait()
		return strings.Contains(string(s.get(sessionPath("default", person)).body), "REJECTED")
	})
	m.neverApproved(t, person, s, other)
	position := s.send(hook{id: "again", fields: withID(person, whole("RESET", ""))}, "applied").last
	equal(t, "cycle, read at the other", other.session(person, position).Cycle, 2)
	if strings.Contains(s.logs.String(), "the log was cut back") {
		t.Error("nothing was lost, and the log says so")
	}
}
