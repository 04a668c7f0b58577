package translog_test

import (
	"errors"
	"slices"
	"testing"

	"dossier/application/translog"
)

func TestTheEdgeHasTheRootOfEverySize(t *testing.T) {
	const most = 700 // more than two tiles
	all := leaves(most + 1)
	m, b := newMemory(0), translog.NewBuilder()
	for _, leaf := range all[:most] {
		b.Add(leaf)
	}
	store(t, m, b)
	tree := translog.NewTree(m)
	var e translog.Edge
	for size := int64(0); size <= most; size++ {
		want, err := tree.Root(t.Context(), size)
		if err != nil {
			t.Fatal(err)
		}
		if e.Root() != want {
			t.Fatalf("size %d: another root", size)
		}
		read, err := tree.Edge(t.Context(), size)
		if err != nil || read.Root() != want || !slices.Equal(read.Roots(), e.Roots()) {
			t.Fatalf("size %d: another edge is read from the tiles, %v", size, err)
		}
		e.Add(all[size])
	}
}

// What an edge says to be complete is what tiles store at that place.
func TestTheEdgeTellsWhatItCompletes(t *testing.T) {
	const size = 256*3 + 5
	m, b := newMemory(0), translog.NewBuilder()
	var e translog.Edge
	var completed []translog.Node
	for _, leaf := range leaves(size) {
		b.Add(leaf)
		completed = append(completed, e.Add(leaf)...)
	}
	store(t, m, b)
	if len(completed) != 3 {
		t.Fatalf("%d nodes are complete", len(completed))
	}
	tile, _ := m.ReadTile(t.Context(), 1, 0)
	for i, n := range completed {
		first, last := n.Positions()
		if n.Level != 1 || n.Number != int64(i) || string(n.Hash[:]) != string(tile[i*32:(i+1)*32]) {
			t.Errorf("node %d is %+v", i, n)
		}
		if first != int64(i)*256+1 || last != int64(i+1)*256 {
			t.Errorf("node %d stands over %d to %d", i, first, last)
		}
	}
}

func TestAnEdgeHasARootForEachBitOfItsSize(t *testing.T) {
	for size := range int64(20) {
		var e translog.Edge
		for _, leaf := range leaves(int(size)) {
			e.Add(leaf)
		}
		roots := e.Roots()
		again, err := translog.NewEdge(size, roots)
		if err != nil || again.Root() != e.Root() {
			t.Errorf("size %d: %v", size, err)
		}
		if _, err := translog.NewEdge(size, append(roots, roots...)); len(roots) > 0 && !errors.Is(err, translog.ErrEdge) {
			t.Errorf("size %d with too many: %v", size, err)
		}
		if _, err := translog.NewEdge(size+1<<40, roots); !errors.Is(err, translog.ErrEdge) {
			t.Errorf("size %d with too few: %v", size, err)
		}
	}
}
