package httpapi

import (
	"context"
	"log/slog"
	"runtime/debug"

	"dossier/ports/problem"
)

// logFault logs an error that is ours. It names the session by its reference,
// and takes the id out of texts that came from elsewhere.
func (a *api) logFault(ctx context.Context, err error) {
	c := callOf(ctx)
	a.Logger.LogAttrs(ctx, slog.LevelError, "api call failed", append(a.about(c),
		slog.String("error", problem.Redact(err.Error(), string(c.stream.Session))))...)
}

// logPanic logs a programmer's mistake, with the way to it.
func (a *api) logPanic(c *call, panicked any) {
	a.Logger.LogAttrs(c.request.Context(), slog.LevelError, "api call panicked", append(a.about(c),
		slog.String("error", problem.PanicText(panicked)),
		slog.String("stack", string(debug.Stack())))...)
}

// about says which call it is, in words that may be logged.
func (a *api) about(c *call) []slog.Attr {
	attrs := []slog.Attr{slog.String("route", c.route()), slog.String("caller", c.caller.Name)}
	if c.stream.Session != "" {
		attrs = append(attrs,
			slog.String("app", string(c.stream.App)),
			slog.String("session_ref", a.SessionRef(c.stream.App, c.stream.Session)))
	}
	return attrs
}
