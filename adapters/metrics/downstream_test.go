package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dossier/adapters/metrics"
	"dossier/application/consumer"
	"dossier/application/relay"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func group(topic, name string, position int64, waits time.Duration) consumer.Group {
	g := consumer.Group{ID: consumer.ID{Topic: topic, Name: name}, Position: position, Head: 20}
	if waits > 0 {
		g.Since = now.Add(-waits)
	}
	return g
}

func groups(context.Context) ([]consumer.Group, error) {
	return []consumer.Group{
		group("events", "accounts", 12, 90*time.Second), group("events", "pager", 20, 0), group("other", "x", 3, 0),
		group("events", consumer.RelayName("kafka"), 15, time.Minute), group("events", consumer.RelayName("crm"), 20, 0),
	}, nil
}

func backlogs(context.Context) ([]relay.Backlog, error) {
	return []relay.Backlog{{Relay: "crm", Waiting: 7, Parked: 2}, {Relay: "old", Parked: 1}}, nil
}

func clock() time.Time { return now }

func TestScrapeTellsHowFarGroupsAndRelaysAre(t *testing.T) {
	m := metrics.New("test")
	m.WatchDownstream(groups, backlogs, clock)
	m.Relayed("crm", relay.Published, 5)
	m.Relayed("crm", relay.Postponed, 2)
	m.Relayed("crm", relay.Published, 1)
	text := scrape(t, m)
	for _, line := range []string{
		`dossier_group_lag_events{group="accounts",topic="events"} 8`,
		`dossier_group_lag_seconds{group="accounts",topic="events"} 90`,
		`dossier_group_lag_events{group="pager",topic="events"} 0`,
		`dossier_group_lag_seconds{group="pager",topic="events"} 0`,
		`dossier_relay_lag_events{relay="kafka"} 5`,
		`dossier_relay_lag_seconds{relay="kafka"} 60`,
		`dossier_relay_lag_events{relay="crm"} 0`,
		`dossier_relay_deferred{relay="crm",state="waiting"} 7`,
		`dossier_relay_deferred{relay="crm",state="parked"} 2`,
		`dossier_relay_deferred{relay="kafka",state="parked"} 0`,
		`dossier_relay_deferred{relay="old",state="parked"} 1`,
		`dossier_relay_messages_total{outcome="published",relay="crm"} 6`,
		`dossier_relay_messages_total{outcome="deferred",relay="crm"} 2`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the scrape lacks %s", line)
		}
	}
	for _, part := range []string{`topic="other"`, `group="relay/`} {
		if strings.Contains(text, part) {
			t.Errorf("the scrape has %s", part)
		}
	}
}

func TestScrapeLeavesOutGroupsAndBacklogsThatAreNotKnown(t *testing.T) {
	away := errors.New("away")
	m := metrics.New("test")
	m.WatchDownstream(func(context.Context) ([]consumer.Group, error) { return nil, away }, backlogs, clock)
	if strings.Contains(scrape(t, m), "dossier_group_lag") {
		t.Error("lags are told although they are unknown")
	}
	m = metrics.New("test")
	m.WatchDownstream(groups, func(context.Context) ([]relay.Backlog, error) { return nil, away }, clock)
	text := scrape(t, m)
	if strings.Contains(text, "dossier_relay_deferred") || !strings.Contains(text, "dossier_relay_lag_events") {
		t.Error("wanted the lags, and no backlog that is unknown")
	}
}
