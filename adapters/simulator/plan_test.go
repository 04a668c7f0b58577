package simulator

import (
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func collect(cfg Config) []Delivery { return slices.Collect(Plan(cfg)) }

func TestOneSeedIsOnePlan(t *testing.T) {
	first := collect(faulty(300, 7))
	if !reflect.DeepEqual(first, collect(faulty(300, 7))) {
		t.Error("the same configuration gave another plan")
	}
	if reflect.DeepEqual(first, collect(faulty(300, 8))) {
		t.Error("another seed gave the same plan")
	}
}

func TestThePlanDoesNotDependOnHowItIsSent(t *testing.T) {
	cfg := faulty(50, 1)
	want := collect(cfg)
	cfg.Concurrency, cfg.Rate, cfg.URL = 3, 17, ""
	for i, d := range collect(cfg) {
		if d.EventID != want[i].EventID {
			t.Fatalf("delivery %d is another one", i)
		}
	}
}

func TestIdentitiesAreUnique(t *testing.T) {
	events, sessions := map[string]int{}, map[string]int{}
	for d := range Plan(faulty(1500, 2)) {
		if other, ok := sessions[d.sessionID]; ok && other != d.Session {
			t.Fatalf("sessions %d and %d have one id", other, d.Session)
		}
		sessions[d.sessionID] = d.Session
		if _, ok := events[d.EventID]; ok != (d.Class == Duplicate) {
			t.Fatalf("%v: its event id was there before: %v", d, ok)
		}
		events[d.EventID]++
	}
	if len(sessions) != 1500 {
		t.Errorf("%d sessions, want 1500", len(sessions))
	}
}

func TestEverySessionHasOneLastDelivery(t *testing.T) {
	over := map[int]bool{}
	number := 0
	for d := range Plan(faulty(1500, 3)) {
		if d.Number != number {
			t.Fatalf("delivery %d has number %d", number, d.Number)
		}
		if over[d.Session] {
			t.Fatalf("%v comes after the last of its session", d)
		}
		over[d.Session] = d.Last
		number++
	}
	for session, last := range over {
		if !last {
			t.Errorf("session %d has no last delivery", session)
		}
	}
}

func TestALongPlanKeepsABoundedWindow(t *testing.T) {
	live := map[int]bool{}
	most, n := 0, 0
	for d := range Plan(faulty(1_000_000, 4)) {
		live[d.Session] = true
		most = max(most, len(live))
		if d.Last {
			delete(live, d.Session)
		}
		if n++; n == 30_000 {
			break
		}
	}
	if most > window || most < window/2 {
		t.Errorf("%d sessions at once, want at most %d and not far less", most, window)
	}
}

func TestDeliveriesOfSessionsInterleave(t *testing.T) {
	changes, n, last := 0, 0, -1
	for d := range Plan(faulty(200, 5)) {
		if d.Session != last {
			changes++
		}
		last = d.Session
		n++
	}
	if changes < n*9/10 {
		t.Errorf("only %d of %d deliveries are followed by another session's", changes, n)
	}
}

// TestRatesAreMet counts each fault alone against what its rate is a share of.
func TestRatesAreMet(t *testing.T) {
	const rate = 0.1
	count := func(change func(*Config), of func(parsed, Delivery) bool, class Class) float64 {
		cfg := Config{Sessions: 800, Seed: 11, Corporate: 0.3, V3: 0.3}
		change(&cfg)
		base, faults := 0, 0
		for d := range Plan(cfg) {
			switch {
			case d.Class == class:
				faults++
			case of(parse(t, d), d):
				base++
			}
		}
		return float64(faults) / float64(base)
	}
	every := func(parsed, Delivery) bool { return true }
	result := func(b parsed, _ Delivery) bool { return b.status() == approved || b.status() == rejected }
	for name, row := range map[string]struct{ got, want float64 }{
		"duplicates": {count(func(c *Config) { c.Duplicates = rate }, every, Duplicate), rate},
		"forbidden":  {count(func(c *Config) { c.Forbidden = rate }, result, Forbidden), rate},
		"unknown":    {count(func(c *Config) { c.Unknown = rate }, every, Unknown), rate},
		// One of each pair is overtaken; the other had its chance with it.
		"reordered": {count(func(c *Config) { c.Reordered = rate }, every, Reordered), rate},
	} {
		if math.Abs(row.got-row.want) > 0.025 {
			t.Errorf("%s: a share of %.3f, want about %.2f", name, row.got, row.want)
		}
	}
}

func TestTheShareOfLateOnesIsMet(t *testing.T) {
	none, half, all := lateOnes(0), lateOnes(0.5), lateOnes(1)
	if none != 0 || all == 0 || math.Abs(float64(half)/float64(all)-0.5) > 0.05 {
		t.Errorf("late ones at 0, 0.5 and 1: %d, %d, %d", none, half, all)
	}
}

func lateOnes(rate float64) (n int) {
	for d := range Plan(Config{Sessions: 600, Seed: 12, Late: rate}) {
		if d.Class == Late {
			n++
		}
	}
	return n
}

func TestSharesOfSessionsAreMet(t *testing.T) {
	corporate, v3 := 0, 0
	const sessions = 1500
	for d := range Plan(Config{Sessions: sessions, Seed: 13, Corporate: 0.3, V3: 0.1}) {
		b := parse(t, d)
		if d.Last && b.Service == nil {
			corporate++
		}
		if d.Last && b.State != "" {
			v3++
		}
	}
	if got := float64(corporate) / sessions; math.Abs(got-0.3) > 0.03 {
		t.Errorf("a share of %.3f verifies companies, want about 0.3", got)
	}
	if got := float64(v3) / sessions; math.Abs(got-0.1) > 0.03 {
		t.Errorf("a share of %.3f speaks v3, want about 0.1", got)
	}
}

func TestAFormattedDeliveryHoldsNoSessionID(t *testing.T) {
	for d := range Plan(faulty(1, 1)) {
		var logged strings.Builder
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("sent", "delivery", d)
		text := fmt.Sprintf("%v %+v %#v %s", d, d, d, &d) + logged.String()
		if strings.Contains(text, d.sessionID) || !strings.Contains(text, d.Class.String()) {
			t.Errorf("wrong text: %s", strings.ReplaceAll(text, d.sessionID, "<the session id>"))
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	b.ReportAllocs()
	for range Plan(faulty(math.MaxInt, 1)) {
		if !b.Loop() {
			return
		}
	}
}
