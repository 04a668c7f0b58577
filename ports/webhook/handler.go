package webhook

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"dossier/application/command"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// errBadSignature is answered as a wrong secret is; only the log tells them
// apart.
var errBadSignature = fmt.Errorf("the relay's signature: %w", problem.Unauthorized)

// handler is safe for concurrent use: nothing in it changes, but that it warned.
type handler struct {
	keys     keyring
	gate     gate
	signed   signatures
	names    headerNames
	receiver Receiver
	journal  journal
	meter    Meter
	unnamed  sync.Once // of the deliveries without an id one is warned of
}

// ServeHTTP answers one webhook.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	var hook command.Webhook
	receipt, err := h.receive(w, r, &hook)
	if err == nil {
		accept(w, receipt)
		h.meter.Webhook(receipt.Outcome.String(), time.Since(started))
		h.journal.accepted(r.Context(), &hook, receipt)
		return
	}
	p := problem.Of(err)
	refuse(w, p)
	h.meter.Webhook(p.Type, time.Since(started))
	h.journal.refused(r.Context(), &hook, p, err)
}

// receive takes a webhook through every check, the cheapest first and the body
// only from a caller who knows a secret, and hands it to the receiver. It
// fills in the webhook as far as it gets.
func (h *handler) receive(w http.ResponseWriter, r *http.Request, hook *command.Webhook) (_ command.Receipt, err error) {
	// The server's own recovery would print the panic's value, which may hold
	// a session id, and cut the connection instead of answering.
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value, debug.Stack()}
		}
	}()
	if hook.App, err = h.admit(r); err != nil {
		return command.Receipt{}, err
	}
	body, err := readBody(w, r)
	if err != nil {
		return command.Receipt{}, err
	}
	if !h.signed.authentic(r.Header, body) {
		return command.Receipt{}, errBadSignature
	}
	if body, err = decompressed(r.Header, body); err != nil {
		return command.Receipt{}, err
	}
	if err := h.translate(hook, r.Header, body); err != nil {
		return command.Receipt{}, err
	}
	receipt, err := h.receiver.Handle(r.Context(), *hook)
	if err == nil {
		h.note(r.Context(), hook, receipt)
	}
	return receipt, err
}

// note counts what an operator has to know of an accepted webhook: a status that is
// not known, and deliveries that can't be told apart.
func (h *handler) note(ctx context.Context, hook *command.Webhook, receipt command.Receipt) {
	if receipt.Outcome == kyc.Discarded {
		h.meter.UnknownStatus(nameless(hook.Report.Status, hook.Session))
	}
	if hook.Delivery == nil {
		h.meter.WithoutDeliveryID()
		h.unnamed.Do(func() { h.journal.withoutDeliveryID(ctx, h.names) })
	}
}

// nameless returns a status that is not the session's id, which is no label.
func nameless(status string, session kyc.SessionID) string {
	if status == string(session) {
		return ""
	}
	return status
}

// admit returns the app that a call is for, once the call may be made: by its
// method, its address and its secret.
func (h *handler) admit(r *http.Request) (kyc.App, error) {
	if r.Method != http.MethodPost {
		return "", problem.MethodNotAllowed
	}
	if !h.gate.admits(r) {
		return "", problem.Forbidden
	}
	app := appOf(r.URL.Path)
	if !h.keys.authentic(app, secretOf(r.URL.RawQuery)) {
		return "", problem.Unauthorized
	}
	return app, nil
}

// appOf returns what stands where an app is expected in the path. It need not
// be one: only the keyring knows, and it must not show.
func appOf(path string) kyc.App {
	if path == Path {
		return kyc.DefaultApp
	}
	app, found := strings.CutPrefix(path, Path+"/")
	if !found {
		return ""
	}
	return kyc.App(app)
}

// translate fills in what the body and the relay's headers say.
func (h *handler) translate(hook *command.Webhook, header http.Header, body []byte) error {
	said, err := parse(body)
	if err != nil {
		return err
	}
	hook.Session, hook.Report = said.session, said.report
	hook.Delivery, hook.Metadata, err = h.names.delivery(header, body)
	hook.Report.Attempt = hook.Metadata.Attempt
	return err
}

// panicked is the error of a webhook whose handling panicked.
type panicked struct {
	value any
	stack []byte // names of functions and lines, no values
}

func (p *panicked) Error() string { return problem.PanicText(p.value) }
