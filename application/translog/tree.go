package translog

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is that of C2SP tlog-tiles: a full tile holds 256 hashes.
const TileHeight = 8

// ErrNoProof: what is asked for is not in a tree of that size.
var ErrNoProof = errors.New("not in a tree of that size")

// Tiles are the stored tiles of a tree.
type Tiles interface {
	// ReadTile returns the hashes of a tile that are stored, one after the
	// other; none if there are none. Those of a tile that is not full grow.
	ReadTile(ctx context.Context, level int, number int64) ([]byte, error)
}

// Tree answers from stored tiles. It trusts them: who must not uses
// [tlog.TileHashReader].
type Tree struct{ tiles Tiles }

// NewTree returns the tree over tiles.
func NewTree(tiles Tiles) Tree { return Tree{tiles} }

// Root returns the hash of the tree of the first size events.
func (t Tree) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	if size == 0 {
		return tlog.TreeHash(0, nil)
	}
	root, err := tlog.TreeHash(size, t.reader(ctx))
	if err != nil {
		return root, fmt.Errorf("hash the tree of %d events: %w", size, err)
	}
	return root, nil
}

// Inclusion proves that the event at a position is in the tree of the first
// size events. It returns ErrNoProof for a position outside of it.
func (t Tree) Inclusion(ctx context.Context, position, size int64) (tlog.RecordProof, error) {
	if position < 1 || position > size {
		return nil, ErrNoProof
	}
	proof, err := tlog.ProveRecord(size, position-1, t.reader(ctx))
	if err != nil {
		return nil, fmt.Errorf("prove position %d: %w", position, err)
	}
	return proof, nil
}

// Consistency proves that the tree of to events begins with the tree of from
// events. It returns ErrNoProof if from is not 1 to to.
func (t Tree) Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error) {
	if from < 1 || from > to {
		return nil, ErrNoProof
	}
	proof, err := tlog.ProveTree(to, from, t.reader(ctx))
	if err != nil {
		return nil, fmt.Errorf("prove %d to %d: %w", from, to, err)
	}
	return proof, nil
}

// reader reads stored hashes out of tiles, each tile once.
func (t Tree) reader(ctx context.Context) tlog.HashReader {
	type place struct {
		level  int
		number int64
	}
	read := map[place][]byte{}
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			tile := tlog.TileForIndex(TileHeight, index)
			at := place{tile.L, tile.N}
			if _, ok := read[at]; !ok {
				stored, err := t.tiles.ReadTile(ctx, tile.L, tile.N)
				if err != nil {
					return nil, err
				}
				read[at] = stored
			}
			if len(read[at]) < tile.W*tlog.HashSize {
				return nil, fmt.Errorf("the tile %s is not stored", tile.Path())
			}
			var err error
			if hashes[i], err = tlog.HashFromTile(tile, read[at][:tile.W*tlog.HashSize], index); err != nil {
				return nil, err
			}
		}
		return hashes, nil
	})
}

// CheckInclusion verifies a proof of inclusion. The error says that it is none.
func CheckInclusion(c Checkpoint, position int64, leaf tlog.Hash, proof tlog.RecordProof) error {
	if position < 1 || position > c.Size {
		return ErrNoProof
	}
	return tlog.CheckRecord(proof, c.Size, c.Root, position-1, leaf)
}

// CheckConsistency verifies a proof of consistency. The error says that it is
// none.
func CheckConsistency(from, to Checkpoint, proof tlog.TreeProof) error {
	if from.Size < 1 || from.Size > to.Size {
		return ErrNoProof
	}
	return tlog.CheckTree(proof, to.Size, to.Root, from.Size, from.Root)
}
