package sqlstore

import "context"

// Dialect is where two databases differ: whole statements, the form of bulk
// parameters, the classes of errors and the wake-up between processes. Nothing
// else of a store knows its database.
type Dialect struct {
	// Lock takes the log's lock. What is read after it sees all that any holder
	// before has committed.
	Lock string
	// Relock lets others have the lock and takes it again when they are done;
	// empty if Commit gives it back anyway.
	Relock string
	// Unlock gives the lock back, and drops what was not committed.
	Unlock string
	// LockHolder returns one text that says who holds the log's lock, or no row;
	// empty if the database does not tell.
	LockHolder string
	// LoadBatch reads what a batch decides on; see batchRow. Its columns are
	// streams; apps and ids of deliveries.
	LoadBatch string
	// Append inserts events, inserts or replaces heads, and inserts deliveries,
	// all or nothing. Its columns are those of the three tables.
	Append string
	// Commit makes durable what Append wrote, and gives the lock back; empty if
	// Append is a transaction of its own and the lock outlives it.
	Commit string
	// Head reads the position of the last event that can be seen, and up to which
	// position events are surely wherever they must be: all of them, where no
	// other server must have them.
	Head string
	// Confirm commits something. If that is confirmed by the servers that must have
	// it, they have all that was committed before. Empty where there are none.
	Confirm string
	// Standbys reads the names of the servers that must have each commit.
	Standbys string

	// Models are the statements of the read models.
	Models ModelStatements
	// Tables make the tables of a read model, by its name, once more.
	Tables map[string]ModelTables
	// BrokenTriggers reads table, name and fault of each trigger that must keep the
	// logs append-only and is missing, or does not fire in every session.
	BrokenTriggers string
	// HasTable says whether there is a table of a name.
	HasTable string
	// Publications reads the names of the publications that have a table $1 or $2.
	// Empty where there are none.
	Publications string
	// ClaimWait, RowWait and LockWait set, for the rest of a transaction, how long
	// the locks of a build are waited for: those of [ModelTables], and those of
	// the checkpoints. Empty where the tables have no locks.
	ClaimWait, RowWait, LockWait string
	// LockCheckpoint reads version, position and build of a checkpoint, and keeps
	// others from moving it.
	LockCheckpoint string
	// SaveTiles inserts or replaces tiles of the transparency log by columns of
	// levels, numbers and hashes.
	SaveTiles string
	// HoldModels keeps the tables of the read models from being replaced before a
	// snapshot is taken: the new ones would not show all that it has. It comes
	// first in a transaction; empty where tables are a part of the snapshot.
	HoldModels string
	// DeferMessages inserts deferred messages of the relay $1, unless they are
	// there. Its other columns are those of the table. BlockedStreams reads those
	// of a column of streams of which messages of the relay $1 are deferred.
	DeferMessages, BlockedStreams string
	// PruneDeliveries deletes up to $2 deliveries recorded before $1.
	PruneDeliveries string

	// HasTopic says whether the topic of a table, which is an @ in it, has that
	// table. CreateTopic makes it, and what gives its messages positions without
	// holes in commit order. InsertMessages inserts messages by a JSON array of
	// rows of UUID, payload in hexadecimal, metadata and time.
	HasTopic, CreateTopic, InsertMessages string
	// Bulk returns the parameters of a statement that takes whole columns, all
	// of one length.
	Bulk func(columns ...Column) []any
	// Classify says what an error of the database means.
	Classify func(error) Class
	// Refused says that an error is the database's answer: what was asked for
	// did not happen. Else it may have.
	Refused func(error) bool
	// Intact returns an error if what the connections write to is no longer what
	// others would open: a file that was removed or replaced. Nil if the database
	// would say so itself.
	Intact func() error
	// SingleWriter says that only one transaction may write at a time, so that
	// writers of one process had better queue in it than in the database.
	SingleWriter bool
	// StatementsHold says that a connection which has open statements stays, with
	// its transaction, when it is closed. Elsewhere closing them first would only
	// wait for a server that may be away.
	StatementsHold bool
	// Wake connects the processes that share the database; nil if they can't be.
	Wake Waker
}

// Waker carries the hint that the log has grown between processes.
type Waker interface {
	// Announce tells all processes.
	Announce(ctx context.Context) error
	// Listen calls grown after each announcement, and whenever one may have been
	// missed, until ctx ends.
	Listen(ctx context.Context, grown func()) error
}

// Class is what an error of a database means for an append.
type Class int

// The classes of errors.
const (
	// Fault: nothing is known but that it failed.
	Fault Class = iota
	// Unavailable: the database is away, or can't be written to now.
	Unavailable
	// Unreplicated: the transaction is committed, and the synchronous standbys that
	// it must be on have not confirmed it. It was neither refused nor lost, and a
	// failover may lose it.
	Unreplicated
	// BadData: the database refuses these values, and always will.
	BadData
)

// Column is one column of a bulk statement: Ints, Texts, UUIDs or Blobs.
type Column interface{ column() }

// Ints is a column of integers.
type Ints []int64

// Texts is a column of text.
type Texts []string

// UUIDs is a column of UUIDs in their text form.
type UUIDs []string

// Blobs is a column of bytes.
type Blobs [][]byte

func (Ints) column()  {}
func (Texts) column() {}
func (UUIDs) column() {}
func (Blobs) column() {}
