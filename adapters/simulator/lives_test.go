package simulator

import (
	"net/http"
	"reflect"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// TestEachMoveOfALifeIsApplied and breaks no contract, and who receives all
// ends where the provider stands.
func TestEachMoveOfALifeIsApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{Seed: rapid.Uint64().Draw(t, "seed"), Corporate: rapid.Float64Range(0, 1).Draw(t, "corporate")}
		life := NewLife(cfg, rapid.IntRange(0, 1000).Draw(t, "number"))
		r := newReceiving()
		for _, m := range life.Moves {
			b := parse(t, m.Delivery)
			got := r.receive(m.Delivery, b)
			if got.Outcome != kyc.Applied || len(got.Events) != 1 {
				t.Fatalf("%s of step %q is %s: %+v", b.status(), b.step(), got.Outcome, got.Events)
			}
			if b.SessionID != string(life.Session) || b.step() != string(m.Step) || b.Reason != m.Reason {
				t.Fatalf("the webhook %+v of the move %+v", b, m)
			}
			if b.status() != m.Trigger.String() && b.status() != submission {
				t.Fatalf("%s is told as %s", m.Trigger, b.status())
			}
		}
	})
}

// TestASessionFollowsFromItsSteps by the table that NewLife documents.
func TestASessionFollowsFromItsSteps(t *testing.T) {
	for _, row := range []struct {
		before string
		steps  []string
		want   string
	}{
		{submission, []string{submission, submission}, submission},
		{submission, []string{pending, submission}, pending},
		{submission, []string{approved, submission}, pending},
		{pending, []string{approved, submission}, pending},
		{pending, []string{approved, approved}, approved},
		{pending, []string{resubmission, pending}, resubmission},
		{resubmission, []string{rejected, resubmission}, rejected},
		{resubmission, []string{pending, approved}, pending},
		{approved, []string{submission, approved}, approved},
		{approved, []string{pending, approved}, approved},
		{approved, []string{resubmission, approved}, resubmission},
		{approved, []string{rejected, approved}, rejected},
	} {
		if got := sessionStatus(row.before, row.steps); got != row.want {
			t.Errorf("%s with %v becomes %s, want %s", row.before, row.steps, got, row.want)
		}
	}
}

func TestLivesHoldWhatASessionCanMeet(t *testing.T) {
	seen := map[string]int{}
	for number := range 300 {
		life := NewLife(Config{Seed: 61, Corporate: 0.2}, number)
		if !reflect.DeepEqual(life, NewLife(Config{Seed: 61, Corporate: 0.2, V3: 1, Sessions: 9}, number)) {
			t.Fatal("a life depends on more than its seed, its number and the share of companies")
		}
		if life.Corporate != (len(life.Steps) == 0) {
			t.Errorf("a session with %d steps: %t", len(life.Steps), life.Corporate)
		}
		for _, m := range life.Moves {
			of := "session"
			if m.Step != "" {
				of = "step"
			}
			seen[of+" "+m.Trigger.String()]++
		}
	}
	for _, of := range []string{"session ", "step "} {
		for _, trigger := range kyc.Triggers() {
			// Asking again is said in two words, and is one thing.
			if none := trigger == kyc.ReportSubmissionRequired; none != (seen[of+trigger.String()] == 0) {
				t.Errorf("%s%s happens %d times", of, trigger, seen[of+trigger.String()])
			}
		}
	}
}

// TestSendTellsWhatBecameOfEachDelivery, of any plan.
func TestSendTellsWhatBecameOfEachDelivery(t *testing.T) {
	r := &receiver{answer: func(n int, _ received) (int, http.Header, string) {
		if n == 1 {
			return http.StatusBadRequest, nil, ""
		}
		return http.StatusOK, nil, `{"outcome":"applied"}`
	}}
	plan := slices.Collect(Plan(faulty(3, 62)))[:4]
	cfg := Config{URL: r.serve(t), Sessions: 1, Concurrency: 1}
	var mu sync.Mutex
	told := map[bool]int{}
	summary, err := Send(t.Context(), cfg, slices.Values(plan), func(_ Delivery, accepted bool) {
		mu.Lock()
		defer mu.Unlock()
		told[accepted]++
	})
	if err != nil || summary.Deliveries != 4 || told[true] != 3 || told[false] != 1 {
		t.Errorf("%+v, %v, told %v", summary, err, told)
	}
}
