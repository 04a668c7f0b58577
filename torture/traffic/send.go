package traffic

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"
)

// sender makes the requests of all clients.
type sender struct {
	client  http.Client
	servers []string // base URLs
	record  *recording
}

// relayTimeout is how long a webhook waits for its answer: longer than a server
// lets a caller wait for a batch.
const relayTimeout = 20 * time.Second

func newSender(servers []string, record *recording, connections int) *sender {
	transport := &http.Transport{MaxIdleConns: connections * len(servers), MaxIdleConnsPerHost: connections}
	s := &sender{servers: servers, record: record, client: http.Client{Transport: transport}}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s
}

func (s *sender) close() { s.client.CloseIdleConnections() }

// send makes one attempt at one server, waits no longer than limit, and records
// it.
func (s *sender) send(ctx context.Context, d delivery, server int, why string, limit time.Duration) Attempt {
	a := Attempt{EventID: d.eventID, Number: d.number, Class: d.class, Why: why, Server: server, Begun: time.Now()}
	status, body, err := s.post(ctx, d, server, limit)
	a.Took, a.Status = time.Since(a.Begun), status
	if err != nil {
		a.Fault = withoutURL(err)
	} else {
		a.read(status, body)
	}
	a.Standing = judge(status, a.Slug, err)
	s.record.add(a)
	return a
}

func (s *sender) post(ctx context.Context, d delivery, server int, limit time.Duration) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	target := s.servers[server] + "/webhooks/synaps/" + d.app + "?secret=" + url.QueryEscape(d.secret)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(d.body))
	if err != nil {
		return 0, nil, err
	}
	request.Header = d.header.Clone()
	// With an Idempotency-Key the transport would send a body that it can get
	// again a second time by itself, which the recording would not have.
	request.GetBody = nil
	answer, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	const most = 1 << 16
	body, err := io.ReadAll(io.LimitReader(answer.Body, most))
	return answer.StatusCode, body, err
}

// read takes what an answer tells.
func (a *Attempt) read(status int, body []byte) {
	var told struct {
		Type     string `json:"type"`
		Outcome  string `json:"outcome"`
		Position int64  `json:"position"`
		Version  int64  `json:"version"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		a.Fault = "the answer is no JSON"
		return
	}
	if status == http.StatusOK {
		a.Outcome, a.Position, a.Version = told.Outcome, told.Position, told.Version
		return
	}
	a.Slug = told.Type
}

// withoutURL is an error's text without the request's URL, which has the secret.
func withoutURL(err error) string {
	if of, ok := err.(*url.Error); ok {
		return of.Err.Error()
	}
	return err.Error()
}
