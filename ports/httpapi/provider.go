package httpapi

import (
	"context"
	"errors"
	"time"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// providerLimit is how long a call waits for the provider, with all that is
// tried again. A server that limits how long an answer may take has to allow
// for more.
const providerLimit = 40 * time.Second

// withProvider lets calls that need the provider's API say so where it is not
// configured.
func (c Config) withProvider() Config {
	if c.Reconcile == nil {
		c.Reconcile = noReconciler{}
	}
	if c.Details == nil {
		c.Details = noDetails{}
	}
	return c
}

// noReconciler and noDetails have a key for no app.
type (
	noReconciler struct{}
	noDetails    struct{}
)

func (noReconciler) Handle(context.Context, eventlog.Stream, string) (command.Reconciled, error) {
	return command.Reconciled{}, reconcile.ErrNoKey
}

func (noDetails) Details(context.Context, reconcile.DetailsRequest) (reconcile.Details, error) {
	return reconcile.Details{}, reconcile.ErrNoKey
}

// asking returns the context in which a call waits for the provider.
func asking(ctx context.Context) (context.Context, context.CancelFunc) {
	callOf(ctx).mayWait()
	return context.WithTimeout(ctx, providerLimit)
}

// failProvider returns the failure of an error of what asks the provider. It
// logs what stays wrong until someone changes something.
func (a *api) failProvider(ctx context.Context, err error) error {
	if errors.Is(err, reconcile.ErrRefused) || errors.Is(err, reconcile.ErrAnswer) {
		a.logFault(ctx, err)
	}
	return a.fail(ctx, err, 0)
}

// ofProvider are the problems of a call that asks the provider's API.
func ofProvider(others ...problem.Problem) []problem.Problem {
	for _, err := range []error{
		reconcile.ErrNoKey, reconcile.ErrRefused, reconcile.ErrAnswer, reconcile.ErrUnavailable,
		eventlog.ErrUnavailable, eventlog.ErrClosed, context.Canceled,
	} {
		others = append(others, problem.Of(err))
	}
	return others
}

// detailsOf names a step of a session as the provider does. A company's is
// known by its service: its session has no steps.
func detailsOf(stream eventlog.Stream, kind kyc.Kind, steps []kyc.Track, id kyc.StepID) (r reconcile.DetailsRequest, found bool) {
	r = reconcile.DetailsRequest{App: stream.App, Session: stream.Session, Kind: kind, StepID: id}
	for _, step := range steps {
		if step.StepID == id {
			r.Service = step.Service
			return r, true
		}
	}
	if kind != kyc.KindCorporate || !serviceName.MatchString(string(id)) {
		return r, false
	}
	r.Service = kyc.Service(id)
	return r, true
}
