package main

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// toldLog is what `replay --json` prints of a log.
type toldLog struct {
	From, To, Read, Events, Healed, Overridden, Reconciled, Sessions int64
	Types, Outcomes, Statuses, Kinds                                 map[string]int64
	Flags                                                            []struct {
		Violation, Severity string
		Raised              int64
		States              map[string]int64
	}
}

// twoApps serves two apps to which much happened, to sessions of the same ids
// among others, and returns the last position.
func twoApps(t *testing.T, databaseURL string) (c *client, last int64) {
	t.Helper()
	c = serve(t, databaseURL, "DOSSIER_WEBHOOK_SECRETS=default="+hookSecret+",other="+hookSecret).client
	eventfulLife(c)
	for i := range 5 {
		id := fmt.Sprint("session-", i)
		for _, app := range []string{"default", "other"} {
			c.send(hook{app: app, fields: withID(id, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
			c.send(hook{app: app, fields: withID(id, of("1", "LIVENESS", "APPROVED", ""))}, "applied")
		}
	}
	c.send(hook{app: "other", fields: withID("a company", fields{"status": "PENDING_VERIFICATION"})}, "applied")
	c.send(hook{app: "other", fields: withID("a company", fields{"status": "REJECTED"})}, "applied") // without a reason
	return c, c.send(hook{app: "other", fields: withID("a company", fields{"status": "APPROVED"})}, "flagged").last
}

// naive counts a range of the log as one would by hand, from what the API says.
func naive(c *client, events []event, app string, from, to int64) toldLog {
	n := toldLog{From: from, To: to, Read: to, Types: map[string]int64{}, Outcomes: map[string]int64{}, Statuses: map[string]int64{}, Kinds: map[string]int64{}}
	lastOf := map[string]event{}
	for _, e := range events[:to] {
		if app != "" && e.App != app || e.Position < from {
			continue
		}
		lastOf[e.App+"/"+e.SessionID] = e
		n.Events++
		n.Types[e.Type]++
		switch name := strings.TrimSuffix(strings.TrimPrefix(e.Type, "kyc."), ".v1"); {
		case e.Data["cause"] == "healed":
			n.Healed++
		case e.Data["cause"] == "override":
			n.Overridden++
		case e.Data["cause"] == "reconciled":
			n.Reconciled++
		case e.Data["cause"] == "reported":
			n.Outcomes["applied"]++
		case name == "status_repeated":
			n.Outcomes["repeated"]++
		case name == "transition_flagged":
			n.Outcomes["flagged"]++
		case name == "webhook_discarded":
			n.Outcomes["discarded"]++
		}
	}
	for _, e := range lastOf {
		s := read[session](c, sessionPath(e.App, e.SessionID, "version="+text(e.Version)))
		n.Sessions++
		n.Statuses[s.Status]++
		n.Kinds[s.Kind]++
	}
	return n
}

// occurring leaves out what does not occur.
func occurring(counts map[string]int64) map[string]int64 {
	found := map[string]int64{}
	for name, n := range counts {
		if n != 0 {
			found[name] = n
		}
	}
	return found
}

func TestTotalsEqualANaiveCount(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c, last := twoApps(t, databaseURL)
		events := c.log()
		for _, r := range []struct {
			app      string
			from, to int64
		}{{"", 1, last}, {"", 1, 10}, {"", 7, 20}, {"", last, last}, {"default", 1, last}, {"other", 5, last - 2}, {"nobody", 1, last}} {
			args := []string{"replay", "--json", "--from=" + text(r.from), "--to=" + text(r.to)}
			if r.app != "" {
				args = append(args, "--app="+r.app)
			}
			got := decoded[toldLog](t, []byte(must(t, databaseURL, args...)))
			got.Flags = nil
			for _, counts := range []*map[string]int64{&got.Types, &got.Outcomes, &got.Statuses, &got.Kinds} {
				*counts = occurring(*counts)
			}
			if diff := cmp.Diff(naive(c, events, r.app, r.from, r.to), got); diff != "" {
				t.Errorf("%+v (-naive +replay):\n%s", r, diff)
			}
		}
	})
}

// All flags of the log, as the read model has them.
func TestFlagsAreCountedAsTheReadModelHasThem(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c, last := twoApps(t, databaseURL)
		const from = 2 // a flag before is resolved after
		want, got := map[string]int64{}, map[string]int64{}
		for _, f := range c.flags(last, "state=all") {
			if f.Position >= from {
				want[f.Violation+" "+f.Severity+" "+f.State]++
			}
		}
		told := decoded[toldLog](t, []byte(must(t, databaseURL, "replay", "--json", "--from="+text(from))))
		for _, f := range told.Flags {
			sum := int64(0)
			for state, n := range f.States {
				if n != 0 {
					got[f.Violation+" "+f.Severity+" "+state] = n
				}
				sum += n
			}
			equal(t, "raised", f.Raised, sum)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("flags (-API +replay):\n%s", diff)
		}
	})
}

func TestAReplayTellsHowFastItWas(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	twoApps(t, databaseURL)
	told := decoded[struct {
		Read            float64
		Seconds         float64
		EventsPerSecond float64 `json:"events_per_second"`
	}](t, []byte(must(t, databaseURL, "replay", "--json")))
	if told.Seconds <= 0 || math.Abs(told.EventsPerSecond*told.Seconds-told.Read) > 1 {
		t.Errorf("%+v", told)
	}
}

func TestAReplayShowsItsProgressOnATerminalOnly(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	twoApps(t, databaseURL)
	for _, terminal := range []bool{true, false} {
		var out, err recording
		c := console{out: &out, err: &err, env: environment(databaseURL)}
		c.env.Terminal = terminal
		equal(t, "exit code", run(bounded(t), []string{"replay"}, c), exitFine)
		if shown := strings.Contains(err.String(), "events"); shown != terminal || strings.Contains(out.String(), "\r") {
			t.Errorf("terminal %t: %q", terminal, err.String())
		}
	}
}
