package simulator

import (
	"testing"
	"time"

	"dossier/domain/kyc"

	"pgregory.net/rapid"
)

// receiving is the domain behind a port: a session each, and the ids seen.
type receiving struct {
	decider  kyc.Decider
	sessions map[string]*kyc.Session
	events   map[string]bool
	position int64
	now      time.Time
}

func newReceiving() *receiving {
	return &receiving{
		decider:  kyc.Decider{Machine: kyc.NewMachine(), Rules: kyc.Rules{HealWindow: kyc.DefaultHealWindow}},
		sessions: map[string]*kyc.Session{}, events: map[string]bool{}, now: time.Unix(1_700_000_000, 0),
	}
}

// receive decides and applies a delivery.
func (r *receiving) receive(d Delivery, b parsed) kyc.Decision {
	if r.events[d.EventID] {
		return kyc.Decision{Outcome: kyc.Duplicate}
	}
	r.events[d.EventID] = true
	s := r.sessions[b.SessionID]
	if s == nil {
		s = kyc.NewSession()
		r.sessions[b.SessionID] = s
	}
	r.now = r.now.Add(time.Second)
	decision := r.decider.Receive(s, report(d, b), r.now)
	for _, event := range decision.Events {
		r.position++
		s.Apply(event, kyc.Mark{Position: r.position, Version: s.Version() + 1, At: r.now})
	}
	return decision
}

// report is the small part of ports/webhook that the bodies need.
func report(d Delivery, b parsed) kyc.Report {
	r := kyc.Report{
		StepID: kyc.StepID(b.step()), Reason: b.Reason, Attempt: d.Attempt,
		CompanyForm: b.Service == nil && b.StepID == nil,
	}
	if b.Service != nil {
		r.Service = kyc.Service(*b.Service)
	}
	var ok bool
	if r.Trigger, ok = kyc.ParseTrigger(b.status()); !ok {
		r.Status = b.status()
	}
	return r
}

// TestWithoutFaultsEverythingIsApplied and breaks no contract, for every seed
// and every mixture of sessions.
func TestWithoutFaultsEverythingIsApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Sessions: rapid.IntRange(1, 10).Draw(t, "sessions"), Seed: rapid.Uint64().Draw(t, "seed"),
			Corporate: rapid.Float64Range(0, 1).Draw(t, "corporate"), V3: rapid.Float64Range(0, 1).Draw(t, "v3"),
		}
		r := newReceiving()
		for d := range Plan(cfg) {
			b := parse(t, d)
			if got := r.receive(d, b); got.Outcome != kyc.Applied || len(got.Events) != 1 || d.Class != Normal {
				t.Fatalf("%v, %s of step %q, is %s: %+v", d, b.status(), b.step(), got.Outcome, got.Events)
			}
		}
		for _, s := range r.sessions {
			if flags := s.State().Flags; len(flags) > 0 {
				t.Fatalf("flags: %+v", flags)
			}
		}
	})
}

// TestSessionsEndInEveryWay shows that lives lead to all that a reader of the
// sessions may meet.
func TestSessionsEndInEveryWay(t *testing.T) {
	r := newReceiving()
	for d := range Plan(Config{Sessions: 500, Seed: 31, Corporate: 0.2, V3: 0.1}) {
		r.receive(d, parse(t, d))
	}
	ends, kinds, most := map[kyc.Overall]int{}, map[kyc.Kind]int{}, 0
	for _, s := range r.sessions {
		ends[s.Overall(r.decider.Rules)]++
		kinds[s.Kind(r.decider.Rules)]++
		most = max(most, s.State().Cycle)
	}
	for _, end := range []kyc.Overall{
		kyc.OverallApproved, kyc.OverallRejected, kyc.OverallPendingVerification, kyc.OverallResubmissionRequired,
	} {
		if ends[end] < 5 {
			t.Errorf("%d sessions end %s", ends[end], end)
		}
	}
	if ends[kyc.OverallApproved] < 250 || kinds[kyc.KindIndividual] < 350 || kinds[kyc.KindCorporate] < 60 || most < 3 {
		t.Errorf("ends %v, kinds %v, at most %d cycles", ends, kinds, most)
	}
}

// TestEachFaultHasItsOutcome sends one kind of fault at a time.
func TestEachFaultHasItsOutcome(t *testing.T) {
	base := Config{Sessions: 150, Seed: 32, Corporate: 0.5, V3: 0.2}
	for name, row := range map[string]struct {
		change func(*Config)
		class  Class
		always kyc.Outcome // the zero value: it depends
	}{
		"duplicates": {func(c *Config) { c.Duplicates = 0.1 }, Duplicate, kyc.Duplicate},
		"forbidden":  {func(c *Config) { c.Forbidden = 0.1 }, Forbidden, kyc.Flagged},
		"unknown":    {func(c *Config) { c.Unknown = 0.1 }, Unknown, kyc.Discarded},
		"late":       {func(c *Config) { c.Late = 0.1 }, Late, kyc.Outcome{}},
		"reordered":  {func(c *Config) { c.Reordered = 0.1 }, Reordered, kyc.Outcome{}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := base
			row.change(&cfg)
			r := newReceiving()
			n, flagged, healed := 0, 0, 0
			for d := range Plan(cfg) {
				got := r.receive(d, parse(t, d))
				if got.Outcome == kyc.Flagged {
					flagged++
				}
				healed += healings(got)
				if d.Class != row.class {
					continue
				}
				n++
				if row.always != (kyc.Outcome{}) && got.Outcome != row.always {
					t.Errorf("%v is %s, want %s", d, got.Outcome, row.always)
				}
			}
			moved := row.always == kyc.Outcome{}
			if n == 0 || (moved && (flagged == 0 || healed == 0)) {
				t.Errorf("%d faults, of all deliveries %d flagged, %d healed", n, flagged, healed)
			}
		})
	}
}

func healings(d kyc.Decision) (n int) {
	for _, event := range d.Events {
		if e, ok := event.(kyc.StatusChanged); ok && e.Cause == kyc.CauseHealed {
			n++
		}
	}
	return n
}
