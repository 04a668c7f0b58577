package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"time"

	"dossier/application/access"
	"dossier/application/eventlog"
	"dossier/ports/problem"
)

// call is one request on its way through the API: what is known of it for the
// log, and its answer.
type call struct {
	http.ResponseWriter
	request *http.Request
	caller  access.Principal
	stream  eventlog.Stream // the session in question; zero if none
	status  int             // 0 until the answer began
	mute    bool            // the body was replaced
}

type callKey struct{}

// callOf returns the call that a context belongs to.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// entry is the way into the API. It sets the headers that every answer has,
// makes the router's plain-text errors problems, and keeps the access log.
func (a *api) entry(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		c := &call{ResponseWriter: w}
		c.request = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer func() { a.logCall(c, time.Since(began)) }()
		defer func() { a.recovered(c, recover()) }()
		if !canonical(r.URL.EscapedPath()) {
			// The router would redirect, with the path in the answer and in the
			// logs of proxies, and paths of ours contain session ids.
			problem.NotFound.Write(c)
			return
		}
		mux.ServeHTTP(c, c.request)
	})
}

// canonical says that a path has no empty, "." or ".." part in it. Such parts
// can only be sent percent-encoded.
func canonical(p string) bool {
	return path.Clean(p) == p || path.Clean(p)+"/" == p
}

// WriteHeader begins the answer. Where no pattern matched, it is the router
// that answers, in plain text: it gets a problem instead.
func (c *call) WriteHeader(status int) {
	if c.status != 0 {
		return
	}
	c.status = status
	if c.request.Pattern != "" || status < http.StatusBadRequest || c.isProblem() {
		c.ResponseWriter.WriteHeader(status)
		return
	}
	c.mute = true
	problemOfStatus(status).Write(c.ResponseWriter)
}

func (c *call) isProblem() bool { return c.Header().Get("Content-Type") == problem.ContentType }

// Write writes to the body.
func (c *call) Write(body []byte) (int, error) {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	if c.mute {
		return len(body), nil
	}
	return c.ResponseWriter.Write(body)
}

// Unwrap lets an http.ResponseController reach the connection.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// mayWait takes the deadline off the connection by which a request must be
// read, which it was: when that passes, the call's context ends. Where there is
// none, there was none.
func (c *call) mayWait() { _ = http.NewResponseController(c).SetReadDeadline(time.Time{}) }

// logCall writes the access log. It names the route and never the URL, which
// contains session ids.
func (a *api) logCall(c *call, took time.Duration) {
	ctx := c.request.Context()
	if !a.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	a.Logger.LogAttrs(ctx, slog.LevelDebug, "api call",
		slog.String("route", c.route()),
		slog.Int("status", c.status),
		slog.Duration("took", took),
		slog.String("caller", c.caller.Name))
}

// route returns the pattern that the request matched.
func (c *call) route() string {
	if c.request.Pattern == "" {
		return "none"
	}
	return c.request.Pattern
}

// recovered turns a panic into an internal error, if the answer has not begun.
func (a *api) recovered(c *call, panicked any) {
	if panicked == nil {
		return
	}
	if panicked == http.ErrAbortHandler {
		panic(panicked)
	}
	a.logPanic(c, panicked)
	if c.status != 0 {
		// Half an answer must not look like a whole one.
		panic(http.ErrAbortHandler)
	}
	problem.Internal.Write(c)
}
