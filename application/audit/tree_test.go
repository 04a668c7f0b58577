package audit

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

func leaf(i int) tlog.Hash { return tlog.RecordHash([]byte{byte(i), byte(i >> 8), byte(i >> 16)}) }

// stored returns the tiles of a tree of leaves.
func stored(leaves []tlog.Hash) tileMap {
	b := translog.NewBuilder()
	for _, l := range leaves {
		b.Add(l)
	}
	tiles := tileMap{}
	for _, t := range b.Take() {
		tiles[tilePlace{t.Level, t.Number}] = t.Hashes
	}
	return tiles
}

func leaves(n int) []tlog.Hash {
	all := make([]tlog.Hash, n)
	for i := range all {
		all[i] = leaf(i)
	}
	return all
}

type tilePlace struct {
	level  int
	number int64
}

// tileMap implements Tree without any checkpoint.
type tileMap map[tilePlace][]byte

func (m tileMap) ReadTile(_ context.Context, level int, number int64) ([]byte, error) {
	return m[tilePlace{level, number}], nil
}

func (tileMap) Signed(context.Context, int64, int) ([]translog.Signed, error) { return nil, nil }

// scene is a log that is compared with what was sealed of it.
type scene struct {
	tiles  tileMap
	size   int64 // that is sealed
	leaves []*tlog.Hash
	found  []Finding
	judged map[int64]checkpoint
}

// newScene seals n leaves, and has them all in the log.
func newScene(n int) *scene {
	s := &scene{tiles: stored(leaves(n)), size: int64(n), judged: map[int64]checkpoint{}}
	for _, l := range leaves(n) {
		s.leaves = append(s.leaves, &l)
	}
	return s
}

// sign has a checkpoint of the first n leaves as they were sealed.
func (s *scene) sign(n int, kept bool) {
	var e translog.Edge
	for _, l := range leaves(n) {
		e.Add(l)
	}
	s.judged[int64(n)] = checkpoint{translog.Checkpoint{Origin: "test", Size: int64(n), Root: e.Root()}, kept, "a kept checkpoint"}
}

// run returns the findings by their slug: the first position of each.
func (s *scene) run(t *testing.T) map[string][]int64 {
	t.Helper()
	tree := sealed{
		tiles: s.tiles, size: s.size, found: func(f Finding) { s.found = append(s.found, f) },
		confirmed: func(int64) {}, pages: map[int]page{}, missing: map[int]int64{},
	}
	for i, l := range s.leaves {
		if err := tree.add(t.Context(), Finding{Position: int64(i) + 1}, l); err != nil {
			t.Fatal(err)
		}
		if c, ok := s.judged[int64(i)+1]; ok {
			tree.judge(c)
		}
	}
	tree.settle(LeafDiffers, "")
	slugs := map[string][]int64{}
	for _, f := range s.found {
		slugs[f.Check.String()] = append(slugs[f.Check.String()], f.Position)
	}
	return slugs
}

func (s *scene) change(position int) { h := leaf(1 << 20); s.leaves[position-1] = &h }

func (s *scene) changeTile(level int, number int64, offset int) {
	at := tilePlace{level, number}
	changed := append([]byte(nil), s.tiles[at]...)
	changed[offset] ^= 1
	s.tiles[at] = changed
}

func TestACheckpointTellsWhichOfTwoWasChanged(t *testing.T) {
	const n = 1100 // some tiles, and no full one of level 1
	for name, c := range map[string]struct {
		tamper func(*scene)
		want   map[string][]int64
	}{
		"nothing":                 {func(s *scene) { s.sign(n, false) }, map[string][]int64{}},
		"an event":                {func(s *scene) { s.change(300); s.sign(n, false) }, map[string][]int64{"event-altered": {300}}},
		"an event, no checkpoint": {func(s *scene) { s.change(300) }, map[string][]int64{"leaf-differs": {300}}},
		"an event behind the last checkpoint": {func(s *scene) { s.change(300); s.sign(299, false) },
			map[string][]int64{"leaf-differs": {300}}},
		"two events, a checkpoint between": {func(s *scene) { s.change(5); s.change(600); s.sign(9, false); s.sign(700, false) },
			map[string][]int64{"event-altered": {5, 600}}},
		"a leaf": {func(s *scene) { s.changeTile(0, 1, 64); s.sign(n, false) }, map[string][]int64{"tile-altered": {259}}},
		"a hash of level 1": {func(s *scene) { s.changeTile(1, 0, 32); s.sign(n, false) },
			map[string][]int64{"tile-differs": {257}}},
		"an event and a leaf": {func(s *scene) { s.change(3); s.changeTile(0, 0, 6*32); s.sign(n, false) },
			map[string][]int64{"leaf-differs": {3, 7}, "tile-differs": {1}, "checkpoint-root": {1}}},
		"a missing event": {func(s *scene) { s.leaves[9] = nil; s.sign(n, false) }, map[string][]int64{}}, // named elsewhere
		"a missing event and a kept checkpoint": {func(s *scene) { s.leaves[9] = nil; s.sign(n, true) },
			map[string][]int64{"checkpoint-inconsistent": {1}}},
		"an event and a kept checkpoint": {func(s *scene) { s.change(4); s.sign(20, false); s.sign(n, true) },
			map[string][]int64{"event-altered": {4}, "checkpoint-inconsistent": {1}}},
		"an event and a kept checkpoint from before": {func(s *scene) { s.change(21); s.sign(20, true); s.sign(n, false) },
			map[string][]int64{"event-altered": {21}}},
		"a tile that is missing": {func(s *scene) { delete(s.tiles, tilePlace{0, 2}); s.sign(n, false) },
			map[string][]int64{"tile-missing": {513}}},
		"a tile that is cut off": {func(s *scene) { s.tiles[tilePlace{0, 2}] = s.tiles[tilePlace{0, 2}][:33] },
			map[string][]int64{"tile-missing": {514}}},
		"a missing event without a leaf": {func(s *scene) { s.leaves[600] = nil; delete(s.tiles, tilePlace{0, 2}); s.sign(n, false) },
			map[string][]int64{"tile-missing": {513}, "checkpoint-root": {1}}},
		"a tree that is behind": {func(s *scene) { s.tiles, s.size = stored(leaves(800)), 800; s.sign(800, false) }, map[string][]int64{}},
		"a tree that is behind and an event": {func(s *scene) { s.tiles, s.size = stored(leaves(800)), 800; s.change(900); s.sign(800, false) },
			map[string][]int64{}}, // it was never sealed
	} {
		s := newScene(n)
		c.tamper(s)
		got := s.run(t)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A hash of level 2 is over 65,536 leaves.
func TestHashesAreComparedAtEveryLevel(t *testing.T) {
	s := newScene(65_540)
	s.changeTile(1, 0, 255*32)
	s.changeTile(2, 0, 0)
	if diff := cmp.Diff(map[string][]int64{"tile-differs": {255*256 + 1, 1}}, s.run(t)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
