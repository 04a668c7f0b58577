package evidence

import (
	"context"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// frontier is the left edge of a growing tree: the roots of the complete
// subtrees that the tree of size leaves falls into, the largest first (RFC
// 6962, section 2.1). The root of a tree follows from the frontier of its
// beginning and the leaves after it, in memory that grows with their logarithm.
type frontier struct {
	size  int64
	roots []tlog.Hash
}

// newFrontier returns a frontier from hashes that were kept. It fails if a tree
// of that size has not as many.
func newFrontier(size int64, roots []tlog.Hash) (*frontier, error) {
	if want := bits.OnesCount64(uint64(size)); len(roots) != want {
		return nil, fmt.Errorf("%w: the frontier of %d events has %s, not %d", ErrMalformed, size, count(want, "hash"), len(roots))
	}
	return &frontier{size, append([]tlog.Hash(nil), roots...)}, nil
}

// readFrontier reads that of the first size events from tiles.
func readFrontier(ctx context.Context, tiles translog.Tiles, size int64) (*frontier, error) {
	f := &frontier{size: size}
	for level := 62; level >= 0; level-- {
		if size&(1<<level) == 0 {
			continue
		}
		number := size>>level - 1 // of the last complete subtree of that level
		hash, err := storedHash(ctx, tiles, tlog.StoredHashIndex(level, number))
		if err != nil {
			return nil, err
		}
		f.roots = append(f.roots, hash)
	}
	return f, nil
}

// storedHash reads one hash of a tree.
func storedHash(ctx context.Context, tiles translog.Tiles, index int64) (tlog.Hash, error) {
	tile := tlog.TileForIndex(translog.TileHeight, index)
	stored, err := tiles.ReadTile(ctx, tile.L, tile.N)
	if err != nil {
		return tlog.Hash{}, err
	}
	if len(stored) < tile.W*tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("the tile %s is not stored", tile.Path())
	}
	return tlog.HashFromTile(tile, stored[:tile.W*tlog.HashSize], index)
}

// add appends a leaf: it joins with each complete subtree of its size.
func (f *frontier) add(leaf tlog.Hash) {
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.roots) - 1
		leaf = tlog.NodeHash(f.roots[last], leaf)
		f.roots = f.roots[:last]
	}
	f.roots = append(f.roots, leaf)
	f.size++
}

// root returns the hash of the tree, which must not be empty.
func (f *frontier) root() tlog.Hash {
	last := len(f.roots) - 1
	root := f.roots[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(f.roots[i], root)
	}
	return root
}
