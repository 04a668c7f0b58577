package storetest_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dossier/application/translog"
)

// tree is the transparency log of a memory database.
type tree struct {
	size   int64
	tiles  map[string][]byte
	signed []translog.Signed
}

func place(level int, number int64) string { return fmt.Sprint(level, "/", number) }

func (s *store) ReadTile(_ context.Context, level int, number int64) ([]byte, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	return s.db.tree.tiles[place(level, number)], nil
}

func (s *store) Sealed(context.Context) (int64, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	return s.db.tree.size, nil
}

func (s *store) ExtendTree(_ context.Context, g translog.Growth, tiles []translog.Tile) (bool, error) {
	from, to := g.From, g.To
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	t := &s.db.tree
	if t.size != from && s.db.fault != extendsAnyTree {
		return false, nil
	}
	for _, tile := range tiles {
		if t.tiles == nil {
			t.tiles = map[string][]byte{}
		}
		if _, there := t.tiles[place(tile.Level, tile.Number)]; there && s.db.fault == keepsFirstTile {
			continue
		}
		t.tiles[place(tile.Level, tile.Number)] = tile.Hashes
	}
	t.size = to
	return true, nil
}

func (s *store) LatestSigned(context.Context) (translog.Signed, bool, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	n := len(s.db.tree.signed)
	if n == 0 {
		return translog.Signed{}, false, nil
	}
	return s.db.tree.signed[n-1], true, nil
}

func (s *store) AllSigned(_ context.Context, above int64, limit int) ([]translog.Signed, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	all := slices.DeleteFunc(slices.Clone(s.db.tree.signed), func(c translog.Signed) bool { return c.Size <= above })
	return all[:min(limit, len(all))], nil
}

func (s *store) SaveSigned(_ context.Context, signed translog.Signed, newestBefore time.Time) (bool, error) {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	t := &s.db.tree
	if n := len(t.signed); n > 0 {
		newest := t.signed[n-1]
		switch {
		case newest.Size >= signed.Size, newest.At.After(newestBefore) && s.db.fault != signsAtOnce:
			return false, nil
		case newest.At.Truncate(time.Hour).Equal(signed.At.Truncate(time.Hour)) && s.db.fault != keepsAllSigned:
			t.signed = t.signed[:n-1]
		}
	}
	t.signed = append(t.signed, signed)
	return true, nil
}
