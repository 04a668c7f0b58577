package httpapi

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// readyLimit is how long all checks together may take.
const readyLimit = 2 * time.Second

// checkText is how much of a check's error is shown.
const checkText = 200

var getHealth = operation{
	id: "get-health", method: http.MethodGet, path: "/healthz", tag: "Service",
	summary:     "Is the process alive?",
	description: "It answers whenever the process can answer at all. Needs no token.",
	example:     health{Status: "ok"},
}

var getReadiness = operation{
	id: "get-readiness", method: http.MethodGet, path: "/readyz", tag: "Service",
	summary:     "Can the service do its work?",
	description: "503 with the same body if not: it says which check failed. Needs no token.",
	example:     readiness{Ready: true, Checks: []checked{{Name: "database", Ready: true}}},
	others: map[string]*huma.Response{"503": {
		Description: "Not ready",
		Content: map[string]*huma.MediaType{"application/json": {
			Schema:  &huma.Schema{Ref: schemaPrefix + "Readiness"},
			Example: readiness{Checks: []checked{{Name: "database", Error: "connection refused"}}},
		}},
	}},
}

type nothing struct{}

type healthOutput struct{ Body encoded[health] }

// health is the answer of a process that is alive.
type health struct {
	Status string `json:"status" enum:"ok"`
}

func (a *api) getHealth(context.Context, *nothing) (*healthOutput, error) {
	return &healthOutput{encode(health{Status: "ok"})}, nil
}

type readinessOutput struct {
	Status int
	Body   encoded[readiness]
}

// readiness says whether the service can do its work.
type readiness struct {
	Ready  bool      `json:"ready" doc:"All checks passed, apart from advisory ones."`
	Checks []checked `json:"checks" nullable:"false"`
}

// checked is the outcome of one check.
type checked struct {
	Name     string `json:"name" example:"database"`
	Ready    bool   `json:"ready"`
	Advisory bool   `json:"advisory,omitempty" doc:"The service is ready although this check fails."`
	Error    string `json:"error,omitempty" doc:"Why it is not ready."`
}

func (a *api) getReadiness(ctx context.Context, _ *nothing) (*readinessOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	checks := make([]checked, len(a.Checks))
	var all sync.WaitGroup
	for i, c := range a.Checks {
		all.Go(func() { checks[i] = c.run(ctx) })
	}
	all.Wait()
	out := &readinessOutput{Status: http.StatusOK}
	ready := true
	for _, c := range checks {
		ready = ready && (c.Ready || c.Advisory)
	}
	if !ready {
		out.Status = http.StatusServiceUnavailable
	}
	out.Body = encode(readiness{Ready: ready, Checks: checks})
	return out, nil
}

func (c Check) run(ctx context.Context) checked {
	err := c.Ready(ctx)
	if err == nil {
		return checked{Name: c.Name, Ready: true, Advisory: c.Advisory}
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	if len(line) > checkText {
		line = strings.ToValidUTF8(line[:checkText], "")
	}
	return checked{Name: c.Name, Advisory: c.Advisory, Error: line}
}
