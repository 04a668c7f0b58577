package translog_test

import (
	"bytes"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// What is read as a checkpoint is written again as the same text, so that no two
// texts mean the same.
func FuzzParseCheckpoint(f *testing.F) {
	f.Add(translog.Checkpoint{Origin: "dossier-test", Size: 7, Root: tlog.Hash{1}}.Text())
	f.Add("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n")
	f.Add("o\n0\n4\r7DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := translog.ParseCheckpoint(text)
		if err != nil {
			return
		}
		if !bytes.HasPrefix([]byte(text), []byte(c.Text())) {
			t.Errorf("%q is read as %q", text, c.Text())
		}
	})
}

// A note that was changed in whatever way is not that of its key, except in its
// signatures by other keys.
func FuzzOpenCheckpoint(f *testing.F) {
	secret, verifier, err := translog.NewKey("dossier-test")
	if err != nil {
		f.Fatal(err)
	}
	key, err := translog.ParseKey(secret)
	if err != nil {
		f.Fatal(err)
	}
	want := translog.Checkpoint{Origin: "dossier-test", Size: 7, Root: tlog.Hash{1}}
	signed, err := key.Sign(want.Text())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add(append(slices.Clone(signed), "— other AAAAAAAA\n"...))
	f.Fuzz(func(t *testing.T, note []byte) {
		if got, err := translog.OpenCheckpoint(note, verifier); err == nil && got != want {
			t.Errorf("%q is opened as %+v", note, got)
		}
		_, _ = translog.Unverified(note) // and does not panic
	})
}

// Of all proofs that anyone may send, those of the tree alone hold.
func FuzzProofs(f *testing.F) {
	const size = 11
	m, b := newMemory(0), translog.NewBuilder()
	all := leaves(size)
	for _, leaf := range all {
		b.Add(leaf)
	}
	for _, tile := range b.Take() {
		m.tiles[place(tile.Level, tile.Number)] = tile.Hashes
	}
	tree := translog.NewTree(m)
	root, err := tree.Root(f.Context(), size)
	if err != nil {
		f.Fatal(err)
	}
	now := translog.Checkpoint{Size: size, Root: root}
	inclusion, err := tree.Inclusion(f.Context(), 5, size)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(int64(5), joined(inclusion))
	consistency, err := tree.Consistency(f.Context(), 6, size)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(int64(6), joined(consistency))
	f.Fuzz(func(t *testing.T, n int64, data []byte) {
		hashes := split(data)
		if translog.CheckInclusion(now, n, all[4], hashes) == nil && (n != 5 || !slices.Equal(hashes, inclusion)) {
			t.Errorf("the fifth event is proved to be at %d by %v", n, hashes)
		}
		forged := translog.Checkpoint{Size: n, Root: tlog.Hash{9}}
		if translog.CheckConsistency(forged, now, tlog.TreeProof(hashes)) == nil {
			t.Errorf("a tree of %d events with another root is proved by %v", n, hashes)
		}
	})
}

func joined[P ~[]tlog.Hash](hashes P) (b []byte) {
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

func split(data []byte) (hashes tlog.RecordProof) {
	for ; len(data) >= tlog.HashSize; data = data[tlog.HashSize:] {
		hashes = append(hashes, tlog.Hash(data[:tlog.HashSize]))
	}
	return hashes
}
