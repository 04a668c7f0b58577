package translog_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"dossier/application/translog"
)

// naive returns the tree's hash over all leaves at once, as RFC 6962 defines it.
func naive(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	return tlog.NodeHash(naive(leaves[:split]), naive(leaves[split:]))
}

func leaves(n int) []tlog.Hash {
	all := make([]tlog.Hash, n)
	for i := range all {
		all[i] = translog.Leaf(event(int64(i) + 1))
	}
	return all
}

// store writes what a builder has to a store.
func store(t rapid.TB, m *memory, b *translog.Builder) {
	t.Helper()
	if moved, err := m.ExtendTree(context.Background(), translog.Growth{From: m.size, To: b.Size()}, b.Take()); err != nil || !moved {
		t.Fatalf("%t, %v", moved, err)
	}
}

// The tree is that of RFC 6962 in whatever steps it was built, and each step
// goes on from what is stored.
func TestATreeIsTheSameInWhateverStepsItWasBuilt(t *testing.T) {
	all := leaves(2*256*3 + 40)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, len(all)).Draw(t, "size")
		m := newMemory(0)
		b := translog.NewBuilder()
		for done := 0; done < size; {
			step := rapid.IntRange(1, size-done).Draw(t, "step")
			for _, leaf := range all[done : done+step] {
				b.Add(leaf)
			}
			store(t, m, b)
			done += step
			if rapid.Bool().Draw(t, "restart") {
				var err error
				if b, err = translog.LoadBuilder(t.Context(), m, int64(done)); err != nil {
					t.Fatal(err)
				}
			}
		}
		earlier := rapid.IntRange(1, size).Draw(t, "earlier")
		for _, n := range []int{earlier, size} {
			if root, err := translog.NewTree(m).Root(t.Context(), int64(n)); err != nil || root != naive(all[:n]) {
				t.Fatalf("the root of %d of %d events is %v, %v", n, size, root, err)
			}
		}
	})
}

func TestProofsHoldForTheirTreeAndNoOther(t *testing.T) {
	const n = 700
	m, b := newMemory(0), translog.NewBuilder()
	all := leaves(n)
	for _, leaf := range all {
		b.Add(leaf)
	}
	store(t, m, b)
	tree := translog.NewTree(m)
	at := func(size int64) translog.Checkpoint {
		root, err := tree.Root(t.Context(), size)
		if err != nil {
			t.Fatal(err)
		}
		return translog.Checkpoint{Size: size, Root: root}
	}
	whole, half := at(n), at(n/2)
	for _, position := range []int64{1, 2, 255, 256, 257, 512, 699, 700} {
		proof, err := tree.Inclusion(t.Context(), position, n)
		if err != nil {
			t.Fatal(err)
		}
		if err := translog.CheckInclusion(whole, position, all[position-1], proof); err != nil {
			t.Errorf("position %d: %v", position, err)
		}
		if translog.CheckInclusion(whole, position, all[position%n], proof) == nil {
			t.Errorf("position %d: the proof holds for another event", position)
		}
		if translog.CheckInclusion(whole, position%n+1, all[position-1], proof) == nil {
			t.Errorf("position %d: the proof holds for another place", position)
		}
		if translog.CheckInclusion(half, position, all[position-1], proof) == nil {
			t.Errorf("position %d: the proof holds for another tree", position)
		}
	}
	proof, err := tree.Consistency(t.Context(), n/2, n)
	if err != nil {
		t.Fatal(err)
	}
	if err := translog.CheckConsistency(half, whole, proof); err != nil {
		t.Error(err)
	}
	forged := half
	forged.Root[0] ^= 1
	if translog.CheckConsistency(forged, whole, proof) == nil {
		t.Error("the proof holds for another history")
	}
	for _, outside := range [][2]int64{{0, n}, {n + 1, n}, {-1, n}} {
		if _, err := tree.Inclusion(t.Context(), outside[0], outside[1]); !errors.Is(err, translog.ErrNoProof) {
			t.Errorf("position %d: %v", outside[0], err)
		}
		if _, err := tree.Consistency(t.Context(), outside[0], outside[1]); !errors.Is(err, translog.ErrNoProof) {
			t.Errorf("from %d: %v", outside[0], err)
		}
	}
}

// The golden vector of docs/transparency.md.
func TestTheCanonicalFormIsAsDocumented(t *testing.T) {
	e := event(7)
	const entry = "00000010" + "646f73736965722f6576656e742f7631" +
		"00000008" + "0000000000000007" +
		"00000024" + "30313930313633642d383639342d373339622d616561352d303030303030303030303037" +
		"00000010" + "64656661756c742f3261633366376162" +
		"00000008" + "0000000000000007" +
		"00000015" + "6b79632e7374617475735f6368616e6765642e7631" +
		"00000020" + "1dd42de9287c1b6a96c617376c0df6b8304485783ed0b4803f1aac0f119471a5" +
		"00000020" + "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" +
		"00000008" + "000644439a26de07"
	if got := hex.EncodeToString(translog.Entry(e)); got != entry {
		t.Errorf("got  %s\nwant %s", got, entry)
	}
	const leaf = "a06e9505d3227988f58a9ed2841192b979ce9f5904d6076d2af53c18b8b5fa12"
	if got := translog.Leaf(e); fmt.Sprintf("%x", got[:]) != leaf {
		t.Errorf("the leaf is %x", got[:])
	}
}

// Every stored field is part of the leaf.
func TestAnyChangeOfAnEventChangesItsLeaf(t *testing.T) {
	leaf := translog.Leaf(event(7))
	changed := map[string]tlog.Hash{}
	for name, change := range changes() {
		e := event(7)
		change(&e)
		hash := translog.Leaf(e)
		if hash == leaf {
			t.Errorf("another %s has the same leaf", name)
		}
		for other, h := range changed {
			if h == hash {
				t.Errorf("another %s has the leaf of another %s", name, other)
			}
		}
		changed[name] = hash
	}
}
