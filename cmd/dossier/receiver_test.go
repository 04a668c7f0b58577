package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"dossier/application/eventlog"
)

// inbox is an HTTP receiver of someone else's.
type inbox struct {
	mu       sync.Mutex
	answer   func(cloudEvent) int
	accepted []cloudEvent
	refused  int
	signed   *standardwebhooks.Webhook // nil: signatures are not checked
	changed  eventlog.Broadcast
	faults   []string
}

// receive starts one, and returns its URL.
func receive(t *testing.T, in *inbox) string {
	t.Helper()
	s := httptest.NewServer(in)
	t.Cleanup(s.Close)
	return s.URL + "/hooks"
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	in.mu.Lock()
	defer in.mu.Unlock()
	defer in.changed.Notify()
	if err == nil && in.signed != nil {
		err = in.signed.Verify(body, r.Header)
	}
	if err != nil {
		in.faults = append(in.faults, err.Error())
	}
	e, status := decodedOrZero(body), http.StatusNoContent
	if in.answer != nil {
		status = in.answer(e)
	}
	if status/100 == 2 {
		in.accepted = append(in.accepted, e)
	} else {
		in.refused++
	}
	w.WriteHeader(status)
}

// decodedOrZero reads an event; one that is none has no id.
func decodedOrZero(body []byte) (e cloudEvent) {
	_ = json.Unmarshal(body, &e)
	return e
}

// behave changes how it answers.
func (in *inbox) behave(answer func(cloudEvent) int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answer = answer
}

// got waits until it has accepted n events.
func (in *inbox) got(t *testing.T, n int) []cloudEvent {
	t.Helper()
	for ctx := bounded(t); ; {
		changed := in.changed.Changed()
		in.mu.Lock()
		accepted, faults := slices.Clone(in.accepted), in.faults
		in.mu.Unlock()
		if len(faults) > 0 {
			t.Fatalf("a delivery is wrong: %s", faults[0])
		}
		if len(accepted) >= n {
			return accepted
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d of %d deliveries were accepted", len(accepted), n)
		}
	}
}

var madeSecret = regexp.MustCompile(`whsec_\S+`)

func TestAServerRelaysToAReceiver(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		in := &inbox{}
		s := wired(t, databaseURL, "DOSSIER_RELAY="+receive(t, in), "DOSSIER_RELAY_ALLOW_PRIVATE=true", "DOSSIER_RELAY_SESSION_REF=true")
		secret := madeSecret.FindString(s.out.String())
		var err error
		if in.signed, err = standardwebhooks.NewWebhook(secret); err != nil {
			t.Fatalf("the server printed no secret: %v\n%s", err, s.out.String())
		}
		s.run(t)
		for _, session := range []string{"one", "two", "three"} {
			s.send(submitted(session), "applied")
		}
		for _, e := range in.got(t, 3) {
			equal(t, "subject", e.Subject, e.Partition)
		}
		s.stop()
		checkSilent(t, "the log", s.logs.String(), []string{secret})
	})
}

func TestWhatAReceiverRefusesIsParkedAndReplayed(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		in := &inbox{answer: func(e cloudEvent) int {
			if e.Subject == "odd" {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		}}
		s := serve(t, databaseURL, "DOSSIER_RELAY="+receive(t, in), "DOSSIER_RELAY_ALLOW_PRIVATE=true", "DOSSIER_RELAY_NAME=crm",
			"DOSSIER_RECEIVER_WAITS=1ms,1ms")
		s.send(submitted("odd"), "applied")
		s.send(hook{fields: fields{"session_id": "odd", "status": "ON_HOLD"}}, "discarded")
		s.send(submitted("one"), "applied")
		equal(t, "what goes on", in.got(t, 1)[0].Subject, "one")
		for ctx := bounded(t); !strings.Contains(must(t, databaseURL, "relay", "parked", "crm"), "answered 500"); {
			if ctx.Err() != nil {
				t.Fatal("nothing is parked")
			}
		}
		list := must(t, databaseURL, "relay", "parked", "crm", "--json")
		if !strings.Contains(list, `"position":1`) || strings.Contains(list, "odd") {
			t.Errorf("parked: %s", list)
		}
		equal(t, "counts", must(t, databaseURL, "relay", "parked", "--json"), `{"relay":"crm","waiting":1,"parked":1}`+"\n")

		in.behave(nil)
		o := carryOut(t, databaseURL, "relay", "replay", "crm", "1", "77")
		equal(t, "exit code of a position that is not parked", o.code, exitFailure)
		equal(t, "output", o.out, "1 messages are due again\n")
		accepted := in.got(t, 3)
		equal(t, "first of the session", accepted[1].Version, int64(1))
		equal(t, "then the next", accepted[2].Version, int64(2))
		for _, wrong := range [][]string{{"relay", "replay", "crm"}, {"relay", "replay", "crm", "1", "--all"}, {"relay", "parked", "nobody"}, {"relay", "replay", "nobody", "--all"}} {
			if o := carryOut(t, databaseURL, wrong...); o.code != exitFailure || o.err == "" {
				t.Errorf("%v: exit code %d, %q", wrong, o.code, o.err)
			}
		}
		checkSilent(t, "the log", s.logs.String(), []string{`"odd"`, "/odd"})
	})
}

// Who answers 410 wants nothing more. What it did not take is not lost.
func TestAReceiverThatIsGoneEndsTheRelay(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(submitted("one"), "applied")
		in := &inbox{answer: func(cloudEvent) int { return http.StatusGone }}
		args := []string{"relay", "--to=" + receive(t, in), "--allow-private"}
		o := carryOut(t, databaseURL, args...)
		equal(t, "exit code", o.code, exitFailure)
		if !strings.Contains(o.err, "410") {
			t.Errorf("the error is %q", o.err)
		}
		in.behave(nil)
		relay := launchCommand(t, relayIn(databaseURL), args...)
		equal(t, "what it takes later", in.got(t, 1)[0].Subject, "one")
		relay.terminate()
	})
}
