package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// The answers of the API as one that calls it reads them.
type (
	session struct {
		App           string `json:"app"`
		SessionID     string `json:"session_id"`
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Cycle         int    `json:"cycle"`
		Version       int64  `json:"version"`
		Position      int64  `json:"position"`
		OpenedAt      string `json:"opened_at"`
		UpdatedAt     string `json:"updated_at"`
		OpenFlags     int    `json:"open_flags"`
		SessionStatus string `json:"session_status"`
		Steps         []step `json:"steps"`
	}
	step struct {
		StepID      string `json:"step_id"`
		Service     string `json:"service"`
		Status      string `json:"status"`
		Reason      string `json:"reason"`
		Submissions int    `json:"submissions"`
	}
	event struct {
		Position   int64          `json:"position"`
		EventID    string         `json:"event_id"`
		App        string         `json:"app"`
		SessionID  string         `json:"session_id"`
		Version    int64          `json:"version"`
		Type       string         `json:"type"`
		RecordedAt string         `json:"recorded_at"`
		Data       map[string]any `json:"data"`
		Metadata   map[string]any `json:"metadata"`
	}
	flag struct {
		Position   int64  `json:"position"`
		App        string `json:"app"`
		SessionID  string `json:"session_id"`
		StepID     string `json:"step_id"`
		Violation  string `json:"violation"`
		Severity   string `json:"severity"`
		From       string `json:"from"`
		Attempted  string `json:"attempted"`
		State      string `json:"state"`
		ResolvedBy string `json:"resolved_by"`
		Note       string `json:"note"`
	}
	sessionPage struct {
		Sessions []session `json:"sessions"`
		Next     string    `json:"next_cursor"`
	}
	flagPage struct {
		Flags []flag `json:"flags"`
		Next  string `json:"next_cursor"`
	}
	eventPage struct {
		Events []event `json:"events"`
		Next   int64   `json:"next_after"`
	}
	progressList struct {
		Projections []struct {
			Name       string `json:"name"`
			Checkpoint int64  `json:"checkpoint"`
			Head       int64  `json:"head"`
			Lag        int64  `json:"lag"`
		} `json:"projections"`
	}
)

// sessionPath is the path of a session, with what follows its question mark.
func sessionPath(app, id string, query ...string) string {
	return "/v1/sessions/" + app + "/" + url.PathEscape(id) + "?" + strings.Join(query, "&")
}

// seen asks for an answer that has seen a position, however long it takes.
func seen(position int64) string { return fmt.Sprintf("min_position=%d&wait=30s", position) }

// session returns a session of the default app once the read model has seen a
// position.
func (c *client) session(id string, position int64) session {
	c.tb.Helper()
	return read[session](c, sessionPath("default", id, seen(position)))
}

func (c *client) timeline(id string) []event {
	c.tb.Helper()
	return read[eventPage](c, "/v1/sessions/default/"+url.PathEscape(id)+"/events?limit=1000").Events
}

func (c *client) flags(position int64, query string) []flag {
	c.tb.Helper()
	return read[flagPage](c, "/v1/flags?limit=500&"+seen(position)+"&"+query).Flags
}

// head returns the last position of the log.
func (c *client) head() int64 {
	c.tb.Helper()
	return read[progressList](c, "/v1/projections").Projections[0].Head
}

// log returns the whole log, page by page.
func (c *client) log() (all []event) {
	c.tb.Helper()
	for after := int64(0); ; {
		a := c.get(fmt.Sprintf("/v1/events?limit=500&after=%d", after))
		if a.status != http.StatusOK {
			c.tb.Fatalf("GET /v1/events: %d %s", a.status, a.body)
		}
		page := decoded[eventPage](c.tb, a.body)
		all = append(all, page.Events...)
		if after = page.Next; after >= a.position() {
			return all
		}
	}
}

// resolve decides a flag.
func (c *client) resolve(position int64, decision, note string) answer {
	c.tb.Helper()
	body := fmt.Sprintf(`{"decision":%q,"note":%q}`, decision, note)
	return c.do(http.MethodPost, fmt.Sprintf("/v1/flags/%d/resolution", position), []byte(body),
		http.Header{"Content-Type": {"application/json"}})
}
