package traffic

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"dossier/adapters/simulator"
	"dossier/application/eventlog"
)

// Courier carries the webhooks that others send to the servers, as a relay would:
// each to one server after another until it is acknowledged, with the number of
// the attempt in its headers. The host of a request means nothing. All attempts
// are in the recording.
type Courier struct {
	sender *sender
	app    string
	secret string
	turn   atomic.Int64
}

var _ http.RoundTripper = (*Courier)(nil)

// Courier returns one for the webhooks of an app. It must have nothing under way
// any more when the traffic is drained.
func (t *Traffic) Courier(app, secret string) *Courier {
	return &Courier{sender: t.sender, app: app, secret: secret}
}

const attemptHeader = simulator.DefaultHeaderPrefix + "-attempt-count"

// RoundTrip returns the answer 200, or the error of the request's context.
func (c *Courier) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d := delivery{
		class: "provider", eventID: r.Header.Get("Idempotency-Key"), body: body, header: r.Header, app: c.app, secret: c.secret,
	}
	first, err := strconv.Atoi(r.Header.Get(attemptHeader))
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		d.header = r.Header.Clone()
		d.header.Set(attemptHeader, strconv.Itoa(first+try))
		server := int(c.turn.Add(1)) % len(c.sender.servers)
		if a := c.sender.send(r.Context(), d, server, why(first+try), relayTimeout); a.Standing == Acknowledged {
			return answerOf(a, r), nil
		}
		if !eventlog.Pause(r.Context(), min(firstBackoff<<min(try, 10), longBackoff)) {
			return nil, r.Context().Err()
		}
	}
}

func why(attempt int) string {
	if attempt > 1 {
		return "retry"
	}
	return "first"
}

// answerOf is an answer as whoever sent the webhook wants it.
func answerOf(a Attempt, r *http.Request) *http.Response {
	text := `{"outcome":"` + a.Outcome + `"}`
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(text)),
		Body: io.NopCloser(strings.NewReader(text)),
	}
}
