package audit

import (
	"context"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// Store is what is checked. Nothing of it writes, and nothing that is stored
// keeps it from reading on: what can't be understood is said beside it.
type Store interface {
	Log
	Models
	Statistics
	Deliveries
	Tree
}

// Log reads the log as it is stored.
type Log interface {
	// Bounds returns how far the parts of the store are, in one snapshot.
	Bounds(ctx context.Context) (Bounds, error)
	// BrokenTriggers returns the triggers that must keep the logs append-only and don't.
	BrokenTriggers(ctx context.Context) ([]Trigger, error)
	// Events returns up to limit events after a position, in position order.
	Events(ctx context.Context, after int64, limit int) ([]Event, error)
	// Cuts returns up to limit records of what the log has lost, in the order in
	// which that was noticed.
	Cuts(ctx context.Context, limit int) ([]eventlog.Cut, error)
	// StreamEvents returns up to limit events of a stream after a version, in
	// version order.
	StreamEvents(ctx context.Context, s eventlog.Stream, after int64, limit int) ([]Event, error)
}

// Models reads the heads and the read models.
type Models interface {
	// EachChunk calls fn for ranges of streams, which together hold every stream
	// that has an event, a head, or a row of a read model. Each is one
	// snapshot, that lasts until fn returns.
	EachChunk(ctx context.Context, fn func(Chunk) error) error
	// ForeignHeads calls fn with the version of each head whose stream has not
	// the form app/session_id.
	ForeignHeads(ctx context.Context, fn func(version int64)) error
	// FlagRows returns up to limit rows of flags after a position, each with
	// its event, and up to where they were folded in the same snapshot.
	FlagRows(ctx context.Context, after int64, limit int) (rows []FlagEvent, folded int64, err error)
}

// Statistics reads the statistics.
type Statistics interface {
	// Statistics returns all counts, and up to where they are folded, in one
	// snapshot. There are as many as there are things to count in
	// the hours of the log, however many events these were.
	Statistics(ctx context.Context) (map[StatKey]int64, Checkpoint, error)
}

// Deliveries reads the deliveries.
type Deliveries interface {
	// DeliveryRows returns up to limit deliveries after another in the order of
	// their keys, each with the events that it points at.
	DeliveryRows(ctx context.Context, after DeliveryKey, limit int) ([]Delivery, error)
	// KnownDeliveries returns which deliveries there are of ids of apps, given
	// as two columns.
	KnownDeliveries(ctx context.Context, apps, ids []string) (map[DeliveryKey]bool, error)
}

// Tree reads the transparency log.
type Tree interface {
	translog.Tiles
	// Signed returns up to limit stored checkpoints above a size, the smallest
	// first.
	Signed(ctx context.Context, above int64, limit int) ([]translog.Signed, error)
}

// Trigger is a trigger that must refuse changes of a log, and does not.
type Trigger struct {
	Table, Name string
	Fault       string // what is wrong, as the rest of a sentence about the trigger
}

// Bounds are how far the parts of a store are.
type Bounds struct {
	Head   int64                 // the last position of the log
	Models map[string]Checkpoint // of each read model, and of the tree
	Leaves int64                 // of the tree that are stored
	Signed int64                 // the size of the newest stored checkpoint
}

// Checkpoint is how far a read model is folded, and by which version of it.
type Checkpoint struct {
	Version  string
	Position int64
}

// Event is an event as it is stored.
type Event struct {
	// Recorded has no Event if its data does not decode, and no Stream if that
	// can't be read.
	eventlog.Recorded
	Came eventlog.Metadata // the metadata, decoded
	// What is wrong with it; nil if nothing is. The errors repeat nothing of it.
	StreamFault, DataFault, MetadataFault error
}

// Chunk is a range of streams in one snapshot.
type Chunk struct {
	Models   map[string]Checkpoint
	Heads    map[eventlog.Stream]Head
	Sessions map[eventlog.Stream]SessionRow
	Steps    map[eventlog.Stream][]StepRow
	Waiting  map[eventlog.Stream][]projection.Waiting // of the statistics
	// Events calls fn for each event, without its metadata, by stream and then by
	// version. It comes before Flags.
	Events func(ctx context.Context, fn func(Event) error) error
	// Flags returns the flags that exist at positions.
	Flags func(ctx context.Context, positions []int64) (map[int64]FlagRow, error)
}

// Head is a stored head.
type Head struct {
	Version int64
	State   kyc.State
	Fault   error // the state does not decode
}

// SessionRow is a row of the sessions.
type SessionRow struct {
	Position     int64
	Kind, Status string
	OpenFlags    int64
	UpdatedAt    time.Time
	State        kyc.State
	Fault        error // the state does not decode
}

// StepRow is a row of the steps.
type StepRow struct {
	StepID, Service, Status, Reason string
	Submissions                     int64
	UpdatedAt                       time.Time
}

// FlagRow is a row of the flags.
type FlagRow struct {
	Stream                  eventlog.Stream
	StepID, Service         string
	Violation, Severity     string
	From, Attempted, Reason string
	State                   string
	FlaggedAt, ResolvedAt   time.Time
	ResolvedBy, Note        string
}

// FlagEvent is a row of the flags, and the event at its position.
type FlagEvent struct {
	Position int64
	Stream   eventlog.Stream
	Event    *Event // nil if there is none
}

// DeliveryKey names a stored delivery. The hash is in hexadecimal.
type DeliveryKey struct{ App, ID, SHA256 string }

// Delivery is a stored delivery. The events are nil where there are none.
type Delivery struct {
	DeliveryKey
	Position, Version, Last int64
	RecordedAt              time.Time

	// The events have no Data and no Event.
	First *Event // at Position
	Final *Event // at Last, if that is behind Position and of the same stream
	After *Event // behind Last, if it is of the same stream
}
