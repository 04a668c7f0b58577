package query

import (
	"context"
	"errors"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

var (
	// ErrNoSuchSession: the session has no event, as far as the answer can see.
	ErrNoSuchSession = errors.New("no such session")
	// ErrNoSuchVersion: the session has not reached that version, or did not
	// exist at that time.
	ErrNoSuchVersion = errors.New("the session had no such version")
)

// checkpoints tells how far a read model is.
type checkpoints interface {
	Checkpoint(ctx context.Context, projection string) (int64, error)
}

// models reads the read models.
type models interface {
	checkpoints
	// FindSession returns the row of a session; found is false if there is none.
	FindSession(ctx context.Context, stream eventlog.Stream) (row projection.Session, found bool, err error)
	// ListSessions returns up to limit rows that the filter picks whose position
	// is below a bound, the newest first.
	ListSessions(ctx context.Context, f SessionFilter, below int64, limit int) ([]projection.Session, error)
	// ListFlags returns up to limit flags that the filter picks whose position is
	// below a bound, the newest first.
	ListFlags(ctx context.Context, f FlagFilter, below int64, limit int) ([]projection.Flag, error)
	// SumStats returns the counts of each bucket, but for reasons: of these it
	// returns up to so many, added up over all buckets and apps, the most frequent
	// first. A counter may come several times, in any order. That of decisions has
	// several bins as its label, such as ParseDurations reads. Both are of one
	// moment.
	SumStats(ctx context.Context, f StatsFilter, reasons int) (counts, top []projection.Stat, err error)
}

// Reads answers every question. It is safe for concurrent use.
type Reads struct {
	models   models
	log      eventlog.Reader
	grown    eventlog.Signal // the log grew
	advanced eventlog.Signal // a read model advanced
	rules    kyc.RuleBook
}

// Sources are where answers come from.
type Sources struct {
	Models   models
	Log      eventlog.Reader
	Grown    eventlog.Signal // the log grew
	Advanced eventlog.Signal // a read model advanced
	Rules    kyc.RuleBook
}

// New returns the answers from those sources.
func New(s Sources) *Reads {
	return &Reads{s.Models, s.Log, s.Grown, s.Advanced, s.Rules}
}

// awaitModel waits for a read model and returns its checkpoint.
func (r *Reads) awaitModel(ctx context.Context, name string, f Fresh) (int64, error) {
	checkpoint := func(ctx context.Context) (int64, error) { return r.models.Checkpoint(ctx, name) }
	return await(ctx, f, checkpoint, r.advanced)
}

// awaitLog waits for the log and returns its head.
func (r *Reads) awaitLog(ctx context.Context, f Fresh) (int64, error) {
	return await(ctx, f, r.log.Head, r.grown)
}
