package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/evidence"
	"dossier/application/query"
	"dossier/application/reconcile"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// Config is what the API is made of. All fields are required, except that
// there may be no checks, that live streams have defaults, and that what needs
// the provider's API is left out where that is not configured.
type Config struct {
	Reads   *query.Reads
	Resolve Resolver
	Proofs  Prover
	// Reconcile settles a session with the provider's API. nil: no app has a key.
	Reconcile Reconciler
	// Details asks the provider's API for personal data, and Accesses records who
	// is let look at them. Both or neither; nil: no app has a key.
	Details  DetailsProvider
	Accesses Accesses
	// Evidence exports what can be taken away.
	Evidence Exporter
	// Log serves the transparency log to everyone, LogEntries its entries to who
	// may read events.
	Log, LogEntries http.Handler
	Auth            Authenticator
	// AccessLog is where the calls of auditors are recorded before they are
	// answered, and read back from.
	AccessLog accesslog.Log
	// Projections are the names of the read models that are reported on.
	Projections []string
	// Checks say whether the service is ready.
	Checks []Check
	// Live is how live streams are served.
	Live Live
	// SessionRef makes the reference to a session that may be logged.
	SessionRef func(kyc.App, kyc.SessionID) string
	Logger     *slog.Logger
	// Version of the service, for the description of the API.
	Version string
	// Now is the clock that tokens are checked by, and that statistics end at
	// unless they are asked for otherwise.
	Now func() time.Time
}

// Resolver applies a person's ruling to a flag. The errors are those of
// command.ResolveFlag.
type Resolver interface {
	Handle(ctx context.Context, ruling kyc.Ruling) (eventlog.Receipt, error)
}

// Reconciler records what the provider's API shows of a session. The errors are
// those of command.ReconcileSession.
type Reconciler interface {
	Handle(ctx context.Context, stream eventlog.Stream, actor string) (command.Reconciled, error)
}

// DetailsProvider asks for what the provider keeps of a step. The errors are
// those of reconcile.Provider.
type DetailsProvider interface {
	Details(ctx context.Context, r reconcile.DetailsRequest) (reconcile.Details, error)
}

// Accesses records that a person is let look at a step's details. The errors
// are those of command.AccessDetails.
type Accesses interface {
	Handle(ctx context.Context, stream eventlog.Stream, access kyc.DetailsAccessed) (eventlog.Receipt, error)
}

// Prover makes proofs from the transparency log. The errors are those of
// translog.Prover.
type Prover interface {
	Inclusion(ctx context.Context, position int64) (translog.Inclusion, error)
	Consistency(ctx context.Context, from, to int64) (translog.Consistency, error)
}

// Exporter makes the evidence of a session. The errors are those of
// evidence.Exporter.
type Exporter interface {
	Session(ctx context.Context, stream eventlog.Stream) (evidence.Bundle, error)
}

// Authenticator tells who holds a bearer token; ok is false for an unknown one.
// An error means that it can't tell now.
type Authenticator interface {
	Authenticate(ctx context.Context, secret string, now time.Time) (p access.Principal, ok bool, err error)
}

// Check is one condition of being ready. Ready must return when its context
// ends. Anyone may read the text of its error, cut to its first line.
type Check struct {
	Name  string
	Ready func(context.Context) error
	// Advisory: the service does its work although the check fails, but somebody
	// should look.
	Advisory bool
}
