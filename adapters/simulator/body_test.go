package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var (
	sessionIDForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}$`)
	stepIDForm    = regexp.MustCompile(`^("[0-9]{7}"|[0-9]{7}|"")$`)
)

// TestEveryBodyIsAsDocumented holds each body against the provider's facts.
func TestEveryBodyIsAsDocumented(t *testing.T) {
	known := map[string][]string{
		"v4": {pending, approved, resubmission, submission, rejected, reset},
		"v3": {"SUBMITTED", "VALIDATED", "REJECTED", "FINAL_REJECTED", "RESET"},
	}
	corporate := map[int]bool{}
	for d := range Plan(faulty(500, 21)) {
		b := parse(t, d)
		word, version := b.Status, "v4"
		if b.State != "" {
			word, version = b.State, "v3"
		}
		switch {
		case !sessionIDForm.MatchString(b.SessionID):
			t.Fatalf("%v: the session id has another form", d)
		case (b.Status == "") == (b.State == ""):
			t.Fatalf("%v: one of status and state is expected", d)
		case (d.Class == Duplicate || slices.Contains(known[version], word)) == (d.Class == Unknown):
			t.Fatalf("%v: status %s", d, word)
		case (word == resubmission || b.status() == rejected) && b.Reason == "":
			t.Fatalf("%v: a refusal without a reason", d)
		case (b.Service == nil) != (b.StepID == nil):
			t.Fatalf("%v: service and step_id come together or not at all", d)
		case b.Service != nil && (*b.Service == "") != (b.step() == ""):
			t.Fatalf("%v: a step without a service, or the reverse", d)
		case b.StepID != nil && !stepIDForm.Match(*b.StepID):
			t.Fatalf("%v: step id %s", d, *b.StepID)
		case b.status() == reset && version == "v4" && b.step() != "":
			t.Fatalf("%v: v4 resets whole sessions", d)
		}
		company := b.Service == nil
		if was, ok := corporate[d.Session]; ok && was != company {
			t.Fatalf("%v: the session changed its kind", d)
		}
		corporate[d.Session] = company
	}
}

// TestLivesAreVaried looks for everything that real sessions go through.
func TestLivesAreVaried(t *testing.T) {
	services, found := map[string]bool{}, map[string]bool{}
	steps := map[int]map[string]string{}
	for d := range Plan(Config{Sessions: 800, Seed: 22, Corporate: 0.2, V3: 0.2}) {
		b := parse(t, d)
		found[b.status()] = true
		found["v3 step reset"] = found["v3 step reset"] || b.State == reset && b.step() != ""
		if b.Service == nil {
			found["company "+b.status()] = true
			continue
		}
		if b.step() == "" {
			found["session "+b.status()] = true
			continue
		}
		services[*b.Service] = true
		found["number"] = found["number"] || (*b.StepID)[0] != '"'
		found["text"] = found["text"] || (*b.StepID)[0] == '"'
		if steps[d.Session] == nil {
			steps[d.Session] = map[string]string{}
		}
		if other, ok := steps[d.Session][*b.Service]; ok && other != b.step() {
			found["two steps of one service"] = true
		}
		steps[d.Session][*b.Service] = b.step()
	}
	for _, name := range []string{
		pending, approved, resubmission, submission, rejected, reset, "v3 step reset", "number", "text",
		"two steps of one service", "company RESET", "company APPROVED", "company REJECTED", "session RESET",
		"session APPROVED", "session REJECTED", "session RESUBMISSION_REQUIRED",
	} {
		if !found[name] {
			t.Errorf("never seen: %s", name)
		}
	}
	for _, name := range []string{
		"LIVENESS", "ID_DOCUMENT", "PROOF_OF_ADDRESS", "PHONE", "EMAIL", "AML", "IDENTITY", "RESIDENCY",
	} {
		if !services[name] {
			t.Errorf("no step of service %s", name)
		}
	}
}

// TestADuplicateIsTheSameBytes and counts a later attempt.
func TestADuplicateIsTheSameBytes(t *testing.T) {
	first, duplicates := map[string]Delivery{}, 0
	for d := range Plan(faulty(1000, 23)) {
		if d.Class != Duplicate {
			first[d.EventID] = d
			continue
		}
		duplicates++
		if f := first[d.EventID]; string(f.Body) != string(d.Body) || d.Attempt <= f.Attempt || d.Attempt < 2 {
			t.Errorf("%v is no further attempt of %v", d, f)
		}
	}
	if duplicates == 0 {
		t.Error("there are no duplicates")
	}
}

// TestALateDeliveryFollowsItsResult, on the same track, with a later attempt.
func TestALateDeliveryFollowsItsResult(t *testing.T) {
	before := map[string]string{} // the status before, of each track
	for d := range Plan(Config{Sessions: 1000, Seed: 24, Late: 0.3, Corporate: 0.2}) {
		b := parse(t, d)
		track := b.SessionID + b.step()
		if d.Class == Late && (b.status() != pending || d.Attempt < 2 || before[track] == pending || before[track] == "") {
			t.Errorf("%v: %s after %q", d, b.status(), before[track])
		}
		if d.Class == Normal && d.Attempt != 1 {
			t.Errorf("%v: a normal delivery is a first attempt", d)
		}
		before[track] = b.status()
	}
}

// TestAnOvertakenDeliveryFollowsAtOnce, as a first attempt.
func TestAnOvertakenDeliveryFollowsAtOnce(t *testing.T) {
	var last Delivery
	n := 0
	for d := range Plan(Config{Sessions: 1000, Seed: 27, Reordered: 0.1}) {
		if d.Class == Reordered {
			n++
			if d.Session != last.Session || d.Attempt != 1 || last.Attempt != 1 || last.Class != Normal {
				t.Errorf("%v follows %v", d, last)
			}
		}
		last = d
	}
	if n == 0 {
		t.Error("nothing was overtaken")
	}
}

func TestHeadersAreTheRelays(t *testing.T) {
	cfg := faulty(20, 25)
	cfg.HeaderPrefix, cfg.SigningSecret = "x-relay", "signing"
	for d := range Plan(cfg) {
		h := d.Header()
		mac := hmac.New(sha256.New, []byte("signing"))
		mac.Write(d.Body)
		for name, want := range map[string]string{
			"Content-Type": "application/json", "Idempotency-Key": d.EventID, "X-Relay-Eventid": d.EventID,
			"X-Relay-Attempt-Count": strconv.Itoa(d.Attempt), "X-Relay-Attempt-Trigger": d.Trigger,
			"X-Relay-Verified": "true", "X-Relay-Requestid": d.requestID, "X-Relay-Original-Ip": d.origin,
			"X-Relay-Signature": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		} {
			if got := h.Get(name); got != want || want == "" {
				t.Errorf("%v: %s is %q, want %q", d, name, got, want)
			}
		}
		if (d.Attempt == 1) != (d.Trigger == triggerInitial) {
			t.Errorf("%v: trigger %s", d, d.Trigger)
		}
	}
}

func TestWithoutASecretNothingIsSigned(t *testing.T) {
	for d := range Plan(faulty(1, 26)) {
		if _, ok := d.Header()["X-Hookdeck-Signature"]; ok {
			t.Errorf("%v is signed", d)
		}
	}
}
