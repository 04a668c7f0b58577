package fakesynaps_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"dossier/adapters/fakesynaps"
	"dossier/adapters/simulator"
	"dossier/domain/kyc"
)

// inbox keeps webhooks in the order in which they came.
type inbox struct {
	mu      sync.Mutex
	hooks   []hook
	refuses int // of the first ones, with 503
}

type hook struct{ event, attempt, body string }

// session returns the id of the session that a webhook is about.
func (h hook) session() string {
	var body struct {
		SessionID string `json:"session_id"`
	}
	_ = json.Unmarshal([]byte(h.body), &body)
	return body.SessionID
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hooks = append(b.hooks, hook{r.Header.Get("X-Hookdeck-Eventid"), r.Header.Get("X-Hookdeck-Attempt-Count"), string(text)})
	if len(b.hooks) <= b.refuses {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	accepting(w, r)
}

// events returns the ids of events, each once, in the order in which they came.
func (b *inbox) events() (ids []string) {
	for _, h := range b.hooks {
		if !slices.Contains(ids, h.event) {
			ids = append(ids, h.event)
		}
	}
	return ids
}

// faulty is a configuration with some of every fault of delivery.
func faulty(seed uint64) fakesynaps.Config {
	return fakesynaps.Config{
		Seed: seed, Sessions: 40, Corporate: 0.2, Concurrency: 1,
		Loss: 0.1, Delay: 0.1, Duplicates: 0.1, Reorder: 0.1,
	}
}

func TestTheSameSeedLivesTheSameLives(t *testing.T) {
	type run struct {
		hooks             []hook
		truth             []fakesynaps.Session
		overtaken, untold []fakesynaps.Change
	}
	play := func(seed uint64) run {
		b := &inbox{}
		p := newProvider(t, faulty(seed), b)
		live(t, p)
		untold := p.Untold()
		slices.SortFunc(untold, func(a, b fakesynaps.Change) int {
			return strings.Compare(key(a), key(b))
		})
		// Those of different sessions are under way at once.
		slices.SortStableFunc(b.hooks, func(a, b hook) int { return strings.Compare(a.session(), b.session()) })
		return run{b.hooks, p.Truth(), p.Overtaken(), untold}
	}
	first := play(1)
	if len(first.hooks) == 0 || len(first.overtaken) == 0 || len(first.untold) == 0 {
		t.Fatalf("%d webhooks, %d overtaken, %d untold", len(first.hooks), len(first.overtaken), len(first.untold))
	}
	if !reflect.DeepEqual(first, play(1)) {
		t.Error("the same seed gave another run")
	}
	if reflect.DeepEqual(first.truth, play(2).truth) {
		t.Error("another seed gave the same sessions")
	}
}

func key(c fakesynaps.Change) string {
	return string(c.Session) + "/" + string(c.Step) + "/" + c.Trigger.String()
}

// The rates say what is told of the sessions, not how they live.
func TestWhateverIsLostTheTruthIsTheSame(t *testing.T) {
	calm, storm := faulty(3), faulty(3)
	calm.Loss, calm.Delay, calm.Duplicates, calm.Reorder = 0, 0, 0, 0
	storm.Loss, storm.Reorder = 0.9, 1
	a, b := newProvider(t, calm, &inbox{}), newProvider(t, storm, &inbox{})
	live(t, a)
	live(t, b)
	if !reflect.DeepEqual(a.Truth(), b.Truth()) {
		t.Error("the sessions differ")
	}
}

func TestRatesAreKept(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*fakesynaps.Config)
		count  func(fakesynaps.Summary) int
	}{
		"loss":       {func(c *fakesynaps.Config) { c.Loss = 0.2 }, func(s fakesynaps.Summary) int { return s.Untold }},
		"delay":      {func(c *fakesynaps.Config) { c.Delay = 0.2 }, class(simulator.Late)},
		"duplicates": {func(c *fakesynaps.Config) { c.Duplicates = 0.2 }, class(simulator.Duplicate)},
		"reorder":    {func(c *fakesynaps.Config) { c.Reorder = 0.2 }, class(simulator.Reordered)},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fakesynaps.Config{Seed: 4, Sessions: 150, Corporate: 0.2}
			row.change(&cfg)
			s := live(t, newProvider(t, cfg, http.HandlerFunc(accepting)))
			if share := float64(row.count(s)) / float64(s.Changes); share < 0.13 || share > 0.24 {
				t.Errorf("%.2f of %d changes", share, s.Changes)
			}
		})
	}
}

func class(c simulator.Class) func(fakesynaps.Summary) int {
	return func(s fakesynaps.Summary) int { return s.Classes[c.String()] }
}

func TestWithoutFaultsEachChangeIsToldOnceAndInOrder(t *testing.T) {
	b := &inbox{}
	p := newProvider(t, fakesynaps.Config{Seed: 5, Sessions: 50, Corporate: 0.3}, b)
	s := live(t, p)
	if len(b.hooks) != s.Changes || len(b.events()) != s.Changes || len(p.Untold()) > 0 || len(p.Overtaken()) > 0 {
		t.Errorf("%d webhooks of %d events for %d changes, %d untold, %d overtaken",
			len(b.hooks), len(b.events()), s.Changes, len(p.Untold()), len(p.Overtaken()))
	}
	if s.Sessions != 50 || s.Classes["normal"] != s.Changes {
		t.Errorf("%+v", s)
	}
}

func TestAWebhookThatIsNotTakenIsSentAgainAndALostOneNever(t *testing.T) {
	b := &inbox{refuses: 3}
	p := newProvider(t, fakesynaps.Config{Seed: 6, Sessions: 4, Loss: 0.3, Concurrency: 1}, b)
	s := live(t, p)
	if s.Retries != 3 || b.hooks[3].attempt != "4" || s.Untold == 0 {
		t.Errorf("%d retries, attempt %s, %d untold", s.Retries, b.hooks[3].attempt, s.Untold)
	}
	if told := len(b.events()); told+s.Untold != s.Changes {
		t.Errorf("%d events and %d lost ones for %d changes", told, s.Untold, s.Changes)
	}
}

func TestFurtherCallsOfLiveBringFurtherSessions(t *testing.T) {
	p := newProvider(t, fakesynaps.Config{Seed: 7, Sessions: 3}, http.HandlerFunc(accepting))
	first, second := live(t, p), live(t, p)
	truth := p.Truth()
	if len(truth) != 6 || truth[5].Number != 5 || first.Changes == 0 || second.Changes == 0 {
		t.Errorf("%d sessions, %d and %d changes", len(truth), first.Changes, second.Changes)
	}
}

func TestWebhooksHaveTheFormOfTheirKind(t *testing.T) {
	b := &inbox{}
	p := newProvider(t, fakesynaps.Config{Seed: 8, Sessions: 80, Corporate: 0.3}, b)
	live(t, p)
	kinds, seen := map[string]kyc.Kind{}, map[string]int{}
	for _, s := range p.Truth() {
		kinds[string(s.ID)] = s.Kind
	}
	for _, h := range b.hooks {
		var body map[string]any
		if err := json.Unmarshal([]byte(h.body), &body); err != nil {
			t.Fatal(err)
		}
		_, service := body["service"]
		_, step := body["step_id"]
		kind := kinds[body["session_id"].(string)]
		if person := kind == kyc.KindIndividual; service != person || step != person {
			t.Fatalf("a webhook of an %s session: %s", kind, h.body)
		}
		seen[fmt.Sprint(kind, " ", body["step_id"] == "" || !step, " ", body["status"])]++
	}
	for _, want := range []string{
		"individual true RESET", "individual false RESET", "individual true APPROVED", "individual true RESUBMISSION_REQUIRED",
		"individual false PENDING_VERIFICATION", "individual false REJECTED", "corporate true APPROVED", "corporate true RESET",
	} {
		if seen[want] == 0 {
			t.Errorf("no webhook is %q: %v", want, seen)
		}
	}
}
