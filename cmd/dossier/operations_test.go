package main

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestEveryCallIsDescribed(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).as("")
	a := c.get("/openapi.json")
	description := decoded[struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}](t, a.body)
	if !strings.HasPrefix(description.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %q", description.OpenAPI)
	}
	for _, call := range []string{
		"get /v1/sessions", "get /v1/sessions/{app}/{session_id}", "get /v1/sessions/{app}/{session_id}/events",
		"get /v1/events", "get /v1/flags", "post /v1/flags/{position}/resolution", "get /v1/projections", "get /v1/stats", "get /healthz", "get /readyz",
	} {
		method, path, _ := strings.Cut(call, " ")
		if description.Paths[path][method] == nil {
			t.Errorf("%s is not described", call)
		}
	}
}

// The page must come whole from this server: others may not be reached.
func TestTheDocumentationIsServed(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).as("")
	page := c.get("/docs")
	equal(t, "status", page.status, http.StatusOK)
	equal(t, "media type", page.header.Get("Content-Type"), "text/html; charset=utf-8")
	parts := regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllStringSubmatch(string(page.body), -1)
	if len(parts) < 2 {
		t.Errorf("the page has %d parts", len(parts))
	}
	for _, part := range parts {
		path := part[1]
		if strings.HasPrefix(path, "data:") {
			continue // it is in the page
		}
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		equal(t, path, c.get(path).status, http.StatusOK)
	}
}

func TestAServiceIsReadyWhenItServes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).as("")
		equal(t, "healthz", c.get("/healthz").status, http.StatusOK)
		a := c.get("/readyz")
		state := decoded[readiness](t, a.body)
		if a.status != http.StatusOK || !state.Ready || len(state.Checks) < 2 {
			t.Errorf("readyz: %d %s", a.status, a.body)
		}
	})
}

// sample reads one sample of the metrics; -1 if there is none.
func sample(t *testing.T, metrics, name string) float64 {
	t.Helper()
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(metrics)
	if line == nil {
		return -1
	}
	value, err := strconv.ParseFloat(line[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// awaitFolded returns when the metrics count so many events in each read model,
// which is a moment after these have them.
func (s *server) awaitFolded(t *testing.T, events float64) {
	t.Helper()
	eventually(t, "both read models are counted", func() bool {
		metrics := string(s.get("/metrics").body)
		return sample(t, metrics, `dossier_projection_events_total{projection="sessions"}`) == events &&
			sample(t, metrics, `dossier_projection_events_total{projection="flags"}`) == events
	})
}

func TestMetricsTellWhatHappened(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		rejectedThenApproved(s.client) // two applied, one flagged
		h := hook{id: "evt_1", fields: withID("another", whole("NEWS", ""))}
		s.send(h, "discarded")
		s.send(h, "duplicate")
		s.post(hook{raw: `{`})
		s.post(hook{query: "secret=wrong"})
		s.awaitFolded(t, 4)

		metrics := string(s.as("").get("/metrics").body)
		for name, want := range map[string]float64{
			`dossier_webhooks_total{outcome="applied"}`:                  2,
			`dossier_webhooks_total{outcome="flagged"}`:                  1,
			`dossier_webhooks_total{outcome="discarded"}`:                1,
			`dossier_webhooks_unknown_status_total{status="NEWS"}`:       1,
			`dossier_webhooks_total{outcome="duplicate"}`:                1,
			`dossier_webhooks_total{outcome="malformed-json"}`:           1,
			`dossier_webhooks_total{outcome="unauthorized"}`:             1,
			`dossier_webhook_seconds_count`:                              7,
			`dossier_append_batch_size_count`:                            4,
			`dossier_append_batch_size_sum`:                              4,
			`dossier_append_batch_seconds_count`:                         4,
			`dossier_append_commit_seconds_count`:                        4,
			`dossier_append_events_total`:                                4,
			`dossier_append_queue_length`:                                0,
			`dossier_log_head`:                                           4,
			`dossier_projection_checkpoint{projection="sessions"}`:       4,
			`dossier_projection_lag_events{projection="sessions"}`:       0,
			`dossier_projection_lag_events{projection="flags"}`:          0,
			`dossier_projection_events_total{projection="sessions"}`:     4,
			`dossier_build_info{version=` + strconv.Quote(version) + `}`: 1,
		} {
			equal(t, name, sample(t, metrics, name), want)
		}
	})
}

// A label for each session or app would fill the memory of whoever scrapes.
func TestMetricsDoNotGrowWithSessions(t *testing.T) {
	t.Parallel()
	s := serve(t, sqliteURL(t))
	names := func() []string {
		var all []string
		for line := range strings.Lines(string(s.get("/metrics").body)) {
			if name, _, _ := strings.Cut(line, " "); strings.HasPrefix(name, "dossier_") {
				all = append(all, name)
			}
		}
		return all
	}
	send := func(id string) { s.send(hook{fields: withID(id, whole("PENDING_VERIFICATION", ""))}, "applied") }
	send("s0")
	s.awaitFolded(t, 1)
	s.sealed(t, 1)
	before := names()
	for i := range 5 {
		send("s" + text(int64(i+1)))
	}
	s.awaitFolded(t, 6)
	s.sealed(t, 6)
	if after := names(); !slices.Equal(before, after) {
		t.Errorf("%d series became %d", len(before), len(after))
	}
}
