package audit

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// edge is the right edge of a Merkle tree of RFC 6962: for each bit of its size
// the root of a perfect tree of that height.
type edge struct {
	size  int64
	nodes [63]tlog.Hash
}

// node is a perfect tree of 256^level leaves, as tiles store it.
type node struct {
	level  int
	number int64
	hash   tlog.Hash
}

// positions are the first and the last below the node.
func (n node) positions() (first, last int64) {
	width := int64(1) << (n.level * translog.TileHeight)
	return n.number*width + 1, (n.number + 1) * width
}

// add appends a leaf, and the nodes above it that it completes to a list.
func (e *edge) add(leaf tlog.Hash, completed []node) []node {
	hash := leaf
	for height := 0; ; height++ {
		if height > 0 && height%translog.TileHeight == 0 {
			completed = append(completed, node{height / translog.TileHeight, e.size >> height, hash})
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

// root returns the hash of the whole tree.
func (e *edge) root() tlog.Hash {
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
