package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// figures are what the tests look at of GET /v1/stats.
type figures struct {
	OpenedSessions int64            `json:"opened_sessions"`
	Outcomes       map[string]int64 `json:"outcomes"`
	Changes        map[string]int64 `json:"changes"`
	Resolutions    map[string]int64 `json:"resolutions"`
	Statuses       []struct {
		Service, Status string
		Count           int64
	} `json:"statuses"`
	DecisionTimes []struct {
		Service string
		Count   int64
	} `json:"decision_times"`
}

// Each webhook is counted once, whoever of two servers folds it, and however
// the statistics are cut into buckets.
func TestStatisticsCountEachWebhookOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		head := fillLists(c)
		flag := c.flags(head, "violation=premature")[0].Position
		head = c.resolve(flag, "accept", "Checked with the provider.").position()
		stats := read[struct {
			Totals  figures   `json:"totals"`
			Buckets []figures `json:"buckets"`
		}](c, "/v1/stats?bucket=hour&"+seen(head))
		want := figures{
			OpenedSessions: 4,
			Outcomes:       map[string]int64{"applied": 4, "repeated": 0, "flagged": 1, "discarded": 1},
			Changes:        map[string]int64{"reported": 4, "healed": 0, "override": 1, "reconciled": 0},
			Resolutions:    map[string]int64{"accept": 1, "dismiss": 0, "healed": 0, "superseded": 0, "reconciled": 0},
		}
		got := stats.Totals
		equal(t, "decisions that were timed", len(got.DecisionTimes), 1)
		equal(t, "services and statuses", len(got.Statuses), 5)
		got.Statuses, got.DecisionTimes = nil, nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("totals (-want +got):\n%s", diff)
		}
		var reports int64
		for _, b := range stats.Buckets {
			reports += b.Outcomes["applied"] + b.Outcomes["flagged"] + b.Outcomes["discarded"]
		}
		equal(t, "reports in all buckets", reports, 6)
	})
}
