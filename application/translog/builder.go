package translog

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// tileWidth is how many hashes a full tile holds.
const tileWidth = 1 << TileHeight

// Builder extends a tree. Its memory is the right edge of the tree: the last
// tile of each level, as far as that is not full.
type Builder struct {
	size int64
	edge [][]byte // by level: the hashes of the tile that is not full
	full []Tile   // since the last call of Take
}

// NewBuilder returns a builder for an empty tree.
func NewBuilder() *Builder { return &Builder{} }

// LoadBuilder returns a builder for the stored tree of the first size events.
func LoadBuilder(ctx context.Context, tiles Tiles, size int64) (*Builder, error) {
	b := &Builder{size: size}
	for level, n := 0, size; n > 0; level, n = level+1, n>>TileHeight {
		width := int(n%tileWidth) * tlog.HashSize
		var edge []byte
		if width > 0 {
			stored, err := tiles.ReadTile(ctx, level, n/tileWidth)
			if err != nil {
				return nil, fmt.Errorf("load the tile %d of level %d: %w", n/tileWidth, level, err)
			}
			if len(stored) < width {
				return nil, fmt.Errorf("the tile %d of level %d holds %d bytes, not %d", n/tileWidth, level, len(stored), width)
			}
			edge = append(make([]byte, 0, tileWidth*tlog.HashSize), stored[:width]...)
		}
		b.edge = append(b.edge, edge)
	}
	return b, nil
}

// Size is how many leaves the tree has.
func (b *Builder) Size() int64 { return b.size }

// Add appends a leaf.
func (b *Builder) Add(leaf tlog.Hash) {
	b.size++
	b.add(0, b.size-1, leaf)
}

// add appends the hash with a number to a level. A tile that is full becomes one
// hash of the level above.
func (b *Builder) add(level int, number int64, hash tlog.Hash) {
	if level == len(b.edge) {
		b.edge = append(b.edge, nil)
	}
	b.edge[level] = append(b.edge[level], hash[:]...)
	if (number+1)%tileWidth != 0 {
		return
	}
	tile := Tile{Level: level, Number: number / tileWidth, Hashes: b.edge[level]}
	b.full = append(b.full, tile)
	b.edge[level] = make([]byte, 0, tileWidth*tlog.HashSize)
	b.add(level+1, number/tileWidth, rootOf(tile.Hashes))
}

// Take returns the tiles that changed since the last call: those that became
// full, and those of the edge.
func (b *Builder) Take() []Tile {
	tiles := b.full
	b.full = nil
	for level, n := 0, b.size; level < len(b.edge); level, n = level+1, n>>TileHeight {
		if len(b.edge[level]) > 0 {
			tiles = append(tiles, Tile{Level: level, Number: n / tileWidth, Hashes: append([]byte(nil), b.edge[level]...)})
		}
	}
	return tiles
}

// rootOf returns the hash over a full tile.
func rootOf(hashes []byte) tlog.Hash {
	level := make([]tlog.Hash, len(hashes)/tlog.HashSize)
	for i := range level {
		level[i] = tlog.Hash(hashes[i*tlog.HashSize : (i+1)*tlog.HashSize])
	}
	for ; len(level) > 1; level = level[:len(level)/2] {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
	}
	return level[0]
}
