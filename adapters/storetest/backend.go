package storetest

import (
	"context"
	"testing"
	"time"

	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/application/relay"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// Backend is a kind of database, and what the suite must know of it.
type Backend struct {
	// New makes an empty database that lasts as long as the test.
	New func(tb testing.TB) Database
	// NewReplicated makes an empty database whose every commit another server must
	// have; nil if there are none of this kind.
	NewReplicated func(tb testing.TB) Replicated
	// Wakes says that an append in one store wakes the readers of another.
	Wakes bool
	// Attacks are statements that would change the log or take from it, some of
	// them without touching a row. Each must be refused. They meet a log of three
	// events.
	Attacks []string
	// AccessAttacks are the same for the access log. They meet one of three
	// entries.
	AccessAttacks []string
	// RefuseDeliveries lets every insert of a delivery fail, and
	// AcceptDeliveries undoes it: a transaction then fails when most of it is
	// written.
	RefuseDeliveries, AcceptDeliveries []string
}

// Database is one database, shared by the stores that are opened on it.
type Database interface {
	// Open opens a store as another process would.
	Open(ctx context.Context, o Options) (Store, error)
	// Exec executes a statement past all stores.
	Exec(ctx context.Context, statement string) error
	// Blocked says whether the appends of other stores have to wait for the one
	// that is before its commit.
	Blocked(ctx context.Context) (bool, error)
}

// Options are what a store is opened with. Nil fields do nothing.
type Options struct {
	// BeforeCommit runs when the events of a transaction are written, not
	// committed.
	BeforeCommit func()
	// Now is the clock; nil is the time of day.
	Now func() time.Time
}

// Store is all that the application asks of a store.
type Store interface {
	eventlog.Appender
	eventlog.Reader
	eventlog.Signal
	projection.BuildStore
	Models
	Access
	accesslog.Log
	translog.Store

	// Groups returns the consumer groups, Deferrals the deferred messages of relays.
	Groups() consumer.Store
	Deferrals() relay.DeferredStore
	// AllSigned returns up to limit checkpoints above a size, the smallest first.
	AllSigned(ctx context.Context, above int64, limit int) ([]translog.Signed, error)
	// Prune forgets the deliveries from before a time and returns how many.
	Prune(ctx context.Context, before time.Time) (int64, error)
	// Run writes appends until ctx ends. Then it refuses new ones, writes those
	// that it had accepted, and returns nil.
	Run(ctx context.Context) error
	// Close releases everything. Run must have returned.
	Close() error
}

// Models reads the read models, as packages query and reconcile ask of them.
type Models interface {
	FindSession(ctx context.Context, s eventlog.Stream) (row projection.Session, found bool, err error)
	ListSessions(ctx context.Context, f query.SessionFilter, below int64, limit int) ([]projection.Session, error)
	OldestSessions(ctx context.Context, status kyc.Overall, above int64, limit int) ([]projection.Session, error)
	ListFlags(ctx context.Context, f query.FlagFilter, below int64, limit int) ([]projection.Flag, error)
	SumStats(ctx context.Context, f query.StatsFilter, reasons int) (counts, top []projection.Stat, err error)
}

// Access keeps what an installation made for itself: tokens and settings.
type Access interface {
	access.TokenStore
	// AddToken stores a token.
	AddToken(ctx context.Context, t access.Token) error
	// AddFirstToken stores a token unless there ever was one, and reports
	// whether it did.
	AddFirstToken(ctx context.Context, t access.Token) (bool, error)
	// RevokeToken makes a token invalid, or fails if there is no valid one with
	// that id.
	RevokeToken(ctx context.Context, id string, now time.Time) error
	// Setting returns what is stored under a name, after storing the proposed
	// value if there was none.
	Setting(ctx context.Context, name, proposed string) (string, error)
}
