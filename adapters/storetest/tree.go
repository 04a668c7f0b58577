package storetest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"dossier/application/translog"
)

func treeCases() []Case {
	return []Case{
		{"tiles are stored with the size of their tree", treeGrows},
		{"a tree that has grown meanwhile is not extended", treeMoved},
		{"of extensions at once exactly one is stored", treeRaced},
		{"checkpoints are stored as they grow, and not too often", checkpointsGrow},
		{"of the checkpoints of an hour the last one stays", checkpointsThin},
	}
}

func tileOf(level int, number int64, hash byte) translog.Tile {
	return translog.Tile{Level: level, Number: number, Hashes: bytes.Repeat([]byte{hash}, 64)}
}

// treeIs checks the size and the tiles with the numbers 0 and 1 of the lowest
// two levels, each told by its first byte; 0 for one that is not there.
func treeIs(ctx context.Context, s Store, size int64, hashes ...byte) error {
	got, err := s.Sealed(ctx)
	found := []byte{}
	for _, place := range [][2]int64{{0, 0}, {0, 1}, {1, 0}} {
		tile, failed := s.ReadTile(ctx, int(place[0]), place[1])
		err = errors.Join(err, failed, holds(len(tile) == 0 || len(tile) == 64, "a tile of %d bytes", len(tile)))
		found = append(found, append(tile, 0)[0])
	}
	return errors.Join(err, same("size", got, size), same("tiles", found, hashes))
}

func treeGrows(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	other, err := env.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		treeIs(ctx, s, 0, 0, 0, 0),
		must(s.ExtendTree(ctx, translog.Growth{From: 0, To: 300}, []translog.Tile{tileOf(0, 0, 1), tileOf(0, 1, 0xff), tileOf(1, 0, 3)})),
		treeIs(ctx, other, 300, 1, 0xff, 3),
		must(other.ExtendTree(ctx, translog.Growth{From: 300, To: 301}, []translog.Tile{tileOf(0, 1, 4)})), // replaces what was not full
		treeIs(ctx, s, 301, 1, 4, 3),
	)
}

func treeMoved(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		must(s.ExtendTree(ctx, translog.Growth{From: 0, To: 2}, []translog.Tile{tileOf(0, 0, 1)})),
		mustNot(s.ExtendTree(ctx, translog.Growth{From: 0, To: 3}, []translog.Tile{tileOf(0, 0, 2)})),
		mustNot(s.ExtendTree(ctx, translog.Growth{From: 3, To: 4}, []translog.Tile{tileOf(0, 1, 2)})),
		treeIs(ctx, s, 2, 1, 0, 0),
	)
}

func treeRaced(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 4)
	if err != nil {
		return err
	}
	moved, failures := make([]bool, len(stores)), make([]error, len(stores))
	begin := make(chan struct{})
	var extending sync.WaitGroup
	for i, s := range stores {
		extending.Go(func() {
			<-begin
			moved[i], failures[i] = s.ExtendTree(ctx, translog.Growth{From: 0, To: int64(i) + 1}, []translog.Tile{tileOf(0, 0, byte(i)+1)})
		})
	}
	close(begin)
	extending.Wait()
	var winner byte
	won := 0
	for i := range moved {
		if moved[i] {
			won, winner = won+1, byte(i)+1
		}
	}
	return errors.Join(errors.Join(failures...), same("extensions that were stored", won, 1),
		treeIs(ctx, stores[0], int64(winner), winner, 0, 0))
}

// signed returns a checkpoint of a size, some time after noon.
func signed(size int64, after time.Duration) translog.Signed {
	return translog.Signed{Size: size, Note: []byte("o\n\n— \"'é\x7f\n"), At: noon.Add(after)}
}

// newestIs checks the newest checkpoint.
func newestIs(ctx context.Context, s Store, want translog.Signed) error {
	got, found, err := s.LatestSigned(ctx)
	return errors.Join(err, holds(found, "there is no checkpoint"), same("newest checkpoint", got, want))
}

func checkpointsGrow(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	_, found, err := s.LatestSigned(ctx)
	first, second := signed(10, 0), signed(20, time.Hour)
	return errors.Join(err, holds(!found, "there is a checkpoint already"),
		must(s.SaveSigned(ctx, first, noon.Add(-time.Second))), newestIs(ctx, s, first),
		mustNot(s.SaveSigned(ctx, signed(10, time.Hour), noon.Add(time.Hour))), // nothing new
		mustNot(s.SaveSigned(ctx, signed(9, time.Hour), noon.Add(time.Hour))),
		mustNot(s.SaveSigned(ctx, signed(11, time.Second), noon.Add(-time.Microsecond))), // too soon
		newestIs(ctx, s, first),
		must(s.SaveSigned(ctx, second, noon)), newestIs(ctx, s, second),
	)
}

func checkpointsThin(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for i, after := range []time.Duration{0, time.Minute, time.Hour - time.Microsecond, time.Hour, 2 * time.Hour, 3*time.Hour - 1000, 5 * time.Hour} {
		err = errors.Join(err, must(s.SaveSigned(ctx, signed(int64(i)+1, after), noon.Add(after-time.Microsecond))))
	}
	var sizes []int64
	for above := int64(0); ; {
		page, failed := s.AllSigned(ctx, above, 2)
		if err = errors.Join(err, failed); err != nil || len(page) == 0 {
			break
		}
		for _, c := range page {
			sizes, above = append(sizes, c.Size), c.Size
		}
	}
	return errors.Join(err, same("sizes of the checkpoints", sizes, []int64{3, 4, 6, 7}))
}
