package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"dossier/application/command"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// maxCause bounds, in bytes, what is logged of an error's text.
const maxCause = 512

// journal writes the port's log lines. No line is given the request: its URL
// holds the secret, and its body the session id.
type journal struct {
	log *slog.Logger
	ref func(kyc.App, kyc.SessionID) string
}

func newJournal(log *slog.Logger, ref func(kyc.App, kyc.SessionID) string) journal {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return journal{log, ref}
}

// accepted writes the line of an answered webhook. A reference costs a hash, so
// it is made only for a line that is written.
func (j journal) accepted(ctx context.Context, hook *command.Webhook, receipt command.Receipt) {
	if !j.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	j.log.LogAttrs(ctx, slog.LevelDebug, "webhook accepted",
		slog.String("app", string(hook.App)),
		slog.String("outcome", receipt.Outcome.String()),
		slog.Int64("position", receipt.Position),
		slog.String("session_ref", j.ref(hook.App, hook.Session)))
}

// withoutDeliveryID writes the one line of a process that says what is missing.
func (j journal) withoutDeliveryID(ctx context.Context, names headerNames) {
	j.log.LogAttrs(ctx, slog.LevelWarn, "a webhook came without a delivery id: one that is sent again is not told from a new one",
		slog.String("expected_header", names.eventID), slog.String("or", idempotencyKey))
}

// refused writes the line of a refusal: its problem, and the cause where the
// problem does not say all.
func (j journal) refused(ctx context.Context, hook *command.Webhook, p problem.Problem, err error) {
	level := levelOf(p)
	if !j.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 6)
	attrs = append(attrs, slog.String("problem", p.Type))
	if p.Detail != "" {
		attrs = append(attrs, slog.String("detail", p.Detail))
	}
	// Before its secret was checked, a call's app is any text that anyone likes.
	if hook.App != "" {
		attrs = append(attrs, slog.String("app", string(hook.App)))
	}
	if hook.Session != "" {
		attrs = append(attrs, slog.String("session_ref", j.ref(hook.App, hook.Session)))
	}
	j.log.LogAttrs(ctx, level, "webhook refused", append(attrs, causeOf(err, hook)...)...)
}

// levelOf returns how much a refusal matters. What anyone on the internet can
// cause is information, not a warning.
func levelOf(p problem.Problem) slog.Level {
	switch p.Status {
	case http.StatusMethodNotAllowed, http.StatusForbidden, http.StatusUnauthorized:
		return slog.LevelInfo
	case http.StatusInternalServerError:
		return slog.LevelError
	default:
		return slog.LevelWarn
	}
}

// causeOf returns the text of an error that is not itself the answer, without
// what it may repeat of the webhook, and the stack of a panic.
func causeOf(err error, hook *command.Webhook) []slog.Attr {
	if _, itself := err.(problem.Problem); itself {
		return nil
	}
	attrs := []slog.Attr{slog.String("cause", causeText(err, hook))}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	return attrs
}

// causeText returns the text of an error, bounded, without what the webhook said
// in confidence.
func causeText(err error, hook *command.Webhook) string {
	text := problem.Redact(err.Error(), hook.Metadata.Payload, hook.Report.Reason, string(hook.Session))
	if len(text) > maxCause {
		text = strings.ToValidUTF8(text[:maxCause], "") + "..."
	}
	return text
}
