package translog

import (
	"context"
	"time"
)

// Name is that of the tree's checkpoint among those of the read models.
const Name = "transparency_log"

// Tile is a run of up to 256 hashes of one level, as it is stored.
type Tile struct {
	Level  int
	Number int64
	Hashes []byte
}

// Growth is by how much a tree grows: from one size to another, and the ids of the
// last events of both, as they were read; empty if that is not known.
type Growth struct {
	From, To     int64
	FromID, ToID string
}

// Signed is a signed checkpoint.
type Signed struct {
	Size int64
	Note []byte // the signed note
	At   time.Time
}

// Store keeps a tree and what was signed of it.
type Store interface {
	Tiles
	// Sealed returns how many events the tree holds.
	Sealed(ctx context.Context) (int64, error)
	// ExtendTree stores tiles and takes the tree from one size to another, all
	// or nothing. It reports false, and stores nothing, if the tree has another
	// size than from: another process was faster.
	// It returns eventlog.ErrOtherHistory if the log has other events at the ends
	// than those that were sealed.
	ExtendTree(ctx context.Context, g Growth, tiles []Tile) (bool, error)
	// LatestSigned returns the newest checkpoint; found is false if there is
	// none.
	LatestSigned(ctx context.Context) (latest Signed, found bool, err error)
	// SaveSigned stores a checkpoint. It reports false, and stores nothing, if
	// the newest one is not older than a time, or not smaller. It returns
	// ErrReplaced for one of a key that is not the log's any more.
	SaveSigned(ctx context.Context, s Signed, newestBefore time.Time) (bool, error)
}
