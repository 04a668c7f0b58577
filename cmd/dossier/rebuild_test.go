package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const otherRules = "DOSSIER_REQUIRED_SERVICES=default=LIVENESS"

var (
	buildBegins = regexp.MustCompile(`is built anew`)
	buildEnds   = regexp.MustCompile(`"a read model was built anew","projection":"sessions"`)
)

// built waits for the end of the build of sessions.
func (s *server) built(t *testing.T) {
	t.Helper()
	if s.logs.await(bounded(t), buildEnds, nil) == nil {
		t.Fatalf("no build has ended:\n%s", s.logs.String())
	}
}

// poll reads one read model until ctx ends: every answer must be 200, and none
// may have seen less than the one before.
func poll(ctx context.Context, c *client, path string, check func(answer) error) error {
	last := int64(0)
	for ctx.Err() == nil {
		a, err := c.try(context.WithoutCancel(ctx), http.MethodGet, fmt.Sprintf("%swait=10s&min_position=%d", path, last), nil, nil)
		if err != nil {
			return err
		}
		if a.status != http.StatusOK || a.position() < last {
			return fmt.Errorf("%s: %d at position %d after %d: %s", path, a.status, a.position(), last, a.body)
		}
		if err := check(a); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		last = a.position()
	}
	return nil
}

// pollAll polls the read models of a server until the function that it returns
// is called. The list must never lack one of the sessions that there are.
func pollAll(t *testing.T, c *client, sessions int) (end func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var readers sync.WaitGroup
	anything := func(answer) error { return nil }
	for path, check := range map[string]func(answer) error{
		sessionPath("default", person): anything,
		"/v1/flags?":                   anything,
		"/v1/sessions?": func(a answer) error {
			var page struct{ Sessions []session }
			if err := json.Unmarshal(a.body, &page); err != nil || len(page.Sessions) < min(sessions, 50) {
				return fmt.Errorf("%d sessions are listed of %d or more, %v", len(page.Sessions), sessions, err)
			}
			return nil
		},
	} {
		for range 2 {
			readers.Go(func() {
				if err := poll(ctx, c, path, check); err != nil {
					t.Error(err)
				}
			})
		}
	}
	end = func() {
		stop()
		readers.Wait()
	}
	t.Cleanup(end) // before the server's, if the test fails
	return end
}

// A rebuild beside a server that is sent webhooks and asked all the while.
func TestTheAPIAnswersDuringRebuilds(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: good()}, "applied")
		s.session(person, s.head())
		end := pollAll(t, s.client, 1)
		all := deliveries(60, 21)
		r := newCourier(s.client)
		var sending sync.WaitGroup
		sending.Go(func() { r.sendAll(bounded(t), all, mustStore(t)) })
		for range 4 {
			must(t, databaseURL, "rebuild")
		}
		sending.Wait()
		end()
		r.check(t, s.client, all)
	})
}

// A server that starts with other rules answers from its first moment.
func TestTheAPIAnswersWhileAServerStartsWithOtherRules(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		first := serve(t, databaseURL)
		first.send(hook{fields: withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
		first.send(hook{fields: withID(person, of("1", "LIVENESS", "APPROVED", ""))}, "applied")
		all := deliveries(80, 22)
		r := newCourier(first.client)
		r.sendAll(bounded(t), all[:len(all)/2], mustStore(t))
		head := first.head()
		known := len(first.sessions("", head))
		first.stop()

		second := serve(t, databaseURL, otherRules)
		if ready := second.get("/readyz"); ready.status != http.StatusOK {
			t.Errorf("a server that builds a read model is not ready: %s", ready.body)
		}
		later := newCourier(second.client)
		later.stored = r.stored
		end := pollAll(t, second.client, known)
		later.sendAll(bounded(t), all[len(all)/2:], mustStore(t))
		second.built(t)
		end()
		later.check(t, second.client, all)
		equal(t, "status under the new rule", second.session(person, second.head()).Status, "APPROVED")
	})
}

// What is wrong in a table, and in what the server remembers of it, is gone
// after a rebuild beside the running server.
func TestARebuildMendsAReadModel(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		first := serve(t, databaseURL)
		first.send(hook{fields: withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
		first.session(person, 1)
		first.stop()
		if _, err := raw(t, databaseURL).ExecContext(t.Context(), `DELETE FROM sessions`); err != nil {
			t.Fatal(err)
		}
		second := serve(t, databaseURL) // which remembers the session without its first event
		second.send(hook{fields: withID(person, of("2", "AML", "APPROVED", ""))}, "applied")
		equal(t, "steps that are left", len(second.session(person, 2).Steps), 1)

		var told rebuilt
		out := must(t, databaseURL, "rebuild", "sessions", "--json")
		if err := json.Unmarshal([]byte(out), &told); err != nil || told.Name != "sessions" || told.Version == "" || told.Events != 2 || told.Seconds <= 0 {
			t.Errorf("told was %s", out)
		}
		equal(t, "steps after the rebuild", len(second.session(person, 2).Steps), 2)
		second.send(hook{fields: withID(person, of("3", "PHONE", "APPROVED", ""))}, "applied")
		equal(t, "steps after the next event", len(second.session(person, 3).Steps), 3)
	})
}

func TestARebuildWithOtherRulesIsRefused(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: good()}, "applied")
		s.session(person, 1)
		o := commandIn(bounded(t), environment(databaseURL, otherRules).Variables, "rebuild")
		if o.code != exitFailure || !strings.Contains(o.err, "other rules") || o.out != "" {
			t.Errorf("%+v", o)
		}
		s.send(hook{fields: withID(person, whole("APPROVED", ""))}, "applied")
		equal(t, "status: the server goes on", s.session(person, 2).Status, "APPROVED")
	})
}

func TestARebuildOfNothingAndOfNoReadModel(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		for _, name := range []string{"events", "sessions+next", "heads"} {
			o := carryOut(t, databaseURL, "rebuild", name)
			if o.code != exitFailure || !strings.Contains(o.err, "sessions, flags") {
				t.Errorf("rebuild %s: %+v", name, o)
			}
		}
		must(t, databaseURL, "migrate")
		out := must(t, databaseURL, "rebuild") // of a database that no server has seen
		for _, name := range modelNames() {
			if !strings.Contains(out, name+": 0 events in ") {
				t.Errorf("nothing was told of %s: %s", name, out)
			}
		}
		s := serve(t, databaseURL)
		s.send(hook{fields: good()}, "applied")
		s.session(person, 1)
	})
}

// A server is killed at any point of a build, again and again.
func TestAKilledBuildIsGoneOnWith(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
		s.send(hook{fields: withID(person, of("1", "LIVENESS", "APPROVED", ""))}, "applied")
		all := deliveries(40, 23)
		r := newCourier(s.client)
		r.resendAll(all)
		s.session(person, s.head())
		s.stop()
		for range 3 {
			p := launch(t, databaseURL, otherRules)
			p.logs.await(bounded(t), buildBegins, p.exited)
			p.kill()
		}
		rebuildKilled(t, databaseURL)
		last := serve(t, databaseURL, otherRules)
		if !strings.Contains(last.logs.String(), "built anew") { // or a server before has ended it
			last.session(person, last.head())
		}
		must(t, databaseURL, "rebuild", "flags")
		awaitStatus(t, last.client, "APPROVED")
		r.check(t, last.client, all)
		var left int
		err := raw(t, databaseURL).QueryRowContext(t.Context(), `SELECT count(*) FROM checkpoints WHERE name LIKE '%+next'`).Scan(&left)
		if err != nil || left != 0 {
			t.Errorf("%d builds are left, %v", left, err)
		}
	})
}

// rebuildKilled kills a rebuild as soon as it is started.
func rebuildKilled(t *testing.T, databaseURL string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "rebuild", "flags")
	cmd.Env = append(environment(databaseURL).Variables, asProgram+"=1", "TMPDIR="+t.TempDir())
	slices.Reverse(cmd.Env) // exec takes the last of each, we take the first
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// awaitStatus asks until the person's session has a status.
func awaitStatus(t *testing.T, c *client, status string) {
	t.Helper()
	for ctx := bounded(t); ctx.Err() == nil; {
		if c.session(person, 1).Status == status {
			return
		}
	}
	t.Errorf("the session never became %s", status)
}
