package translog

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrEdge: a tree of that size has another number of complete subtrees.
var ErrEdge = errors.New("not the edge of a tree of that size")

// Edge is the right edge of a growing tree: the roots of the complete subtrees
// that it falls into (RFC 6962, section 2.1), one for each bit of its size. With
// it the root of a tree follows from the leaves that come after, in memory that
// grows with their logarithm. A copy goes its own way; the zero value is that of
// the empty tree.
type Edge struct {
	size  int64
	nodes [63]tlog.Hash // by height
}

// Node is the root of a complete subtree as tiles store it: that of
// 256^Level leaves.
type Node struct {
	Level  int
	Number int64
	Hash   tlog.Hash
}

// Positions are the first and the last below the node.
func (n Node) Positions() (first, last int64) {
	width := int64(1) << (n.Level * TileHeight)
	return n.Number*width + 1, (n.Number + 1) * width
}

// NewEdge returns the edge of a tree from its roots, the largest subtree first.
// It returns ErrEdge if a tree of that size has not as many.
func NewEdge(size int64, roots []tlog.Hash) (e Edge, err error) {
	if want := bits.OnesCount64(uint64(size)); len(roots) != want {
		return e, fmt.Errorf("%w: %d events have %d, not %d", ErrEdge, size, want, len(roots))
	}
	e.size = size
	for height := len(e.nodes) - 1; len(roots) > 0; height-- {
		if size>>height&1 == 1 {
			e.nodes[height], roots = roots[0], roots[1:]
		}
	}
	return e, nil
}

// Edge reads the edge of the tree of the first size events.
func (t Tree) Edge(ctx context.Context, size int64) (e Edge, err error) {
	var indexes []int64
	for height := len(e.nodes) - 1; height >= 0; height-- {
		if size>>height&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(height, size>>height-1))
		}
	}
	roots, err := t.reader(ctx).ReadHashes(indexes)
	if err != nil {
		return e, fmt.Errorf("read the edge of the tree of %d events: %w", size, err)
	}
	return NewEdge(size, roots)
}

// Size is how many leaves the tree has.
func (e *Edge) Size() int64 { return e.size }

// Roots returns the roots of the complete subtrees, the largest first.
func (e *Edge) Roots() (roots []tlog.Hash) {
	for height := len(e.nodes) - 1; height >= 0; height-- {
		if e.size>>height&1 == 1 {
			roots = append(roots, e.nodes[height])
		}
	}
	return roots
}

// Add appends a leaf. It returns the nodes above it that it completes and that
// tiles store, the lowest first.
func (e *Edge) Add(leaf tlog.Hash) (completed []Node) {
	hash := leaf
	for height := 0; ; height++ {
		if height > 0 && height%TileHeight == 0 {
			completed = append(completed, Node{height / TileHeight, e.size >> height, hash})
		}
		if e.size>>height&1 == 0 {
			e.nodes[height] = hash
			break
		}
		hash = tlog.NodeHash(e.nodes[height], hash)
	}
	e.size++
	return completed
}

// Root returns the hash of the whole tree.
func (e *Edge) Root() tlog.Hash {
	if e.size == 0 {
		root, _ := tlog.TreeHash(0, nil) // the empty tree is read from nowhere
		return root
	}
	height := bits.TrailingZeros64(uint64(e.size))
	root := e.nodes[height]
	for height++; e.size>>height > 0; height++ {
		if e.size>>height&1 == 1 {
			root = tlog.NodeHash(e.nodes[height], root)
		}
	}
	return root
}
