package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// tileWidth is how many hashes a full tile holds.
const tileWidth = 1 << translog.TileHeight

// sealed compares the log with the stored tree, leaf by leaf in position order.
//
// It grows two trees: one of the events alone, and one that takes the stored
// leaf where an event's leaf is another. A checkpoint is the root of one of them
// or of none, which tells whether the event or the leaf was changed.
type sealed struct {
	tiles Tree
	found func(Finding)
	size  int64 // leaves that must be stored
	cuts  cuts
	// confirmed is told the size of each checkpoint that the log begins with.
	confirmed func(int64)

	events, stored translog.Edge
	split          bool // the two are not the same
	altered        bool // events was replaced by stored, which a checkpoint confirmed
	blind          bool // a leaf is neither in the log nor stored: nothing above it is known
	doubts         []Finding
	pages          map[int]page // by level: the tile that was read last
	missing        map[int]int64
}

// page is one stored tile.
type page struct {
	number int64
	hashes []byte
}

// add goes on to the next position: with the leaf of its event, or with none
// where the event is missing.
func (s *sealed) add(ctx context.Context, at Finding, leaf *tlog.Hash) error {
	if s.blind {
		return nil
	}
	kept, found, err := s.hash(ctx, 0, s.events.Size())
	if err != nil {
		return err
	}
	switch {
	case leaf == nil && !found:
		s.blind = true
		return nil
	case leaf == nil:
		leaf, s.split = &tlog.Hash{}, s.split || s.fork()
	case !found:
		kept = *leaf
	case kept != *leaf:
		s.split = s.split || s.fork()
		s.doubt(at)
	}
	completed := s.events.Add(*leaf)
	other := completed
	if s.split {
		other = s.stored.Add(kept)
	}
	return s.compare(ctx, completed, other)
}

// fork begins the tree of the stored leaves.
func (s *sealed) fork() bool {
	s.stored = s.events
	return true
}

// doubt keeps a leaf that differs until a checkpoint decides.
func (s *sealed) doubt(at Finding) {
	if len(s.doubts) == MaxReported {
		s.settle(LeafDiffers, "")
	}
	s.doubts = append(s.doubts, at)
}

// settle reports the leaves that differ.
func (s *sealed) settle(check Check, by string) {
	for _, f := range s.doubts {
		f.Check = check
		switch check {
		case EventAltered:
			f.Expected, f.Found = "the event whose leaf the tree holds, as "+by+" confirms", s.cuts.explain(f.Position, "another event: it was changed after it was sealed")
		case TileAltered:
			f.Expected, f.Found = "the leaf of the event, as "+by+" confirms", "another leaf in the stored tile"
		default:
			f.Expected, f.Found = "an event and a stored leaf that agree", "they do not, and no valid checkpoint tells which was changed"
		}
		s.found(f)
	}
	s.doubts = s.doubts[:0]
}

// compare says whether the nodes that a leaf completed are stored as they are.
func (s *sealed) compare(ctx context.Context, events, stored []translog.Node) error {
	for i, n := range events {
		hash, found, err := s.hash(ctx, n.Level, n.Number)
		if err != nil {
			return err
		}
		if found && hash != n.Hash && hash != stored[i].Hash {
			first, last := n.Positions()
			s.found(Finding{Check: TileDiffers, Position: first, Last: last,
				Expected: fmt.Sprintf("the hash of these leaves at level %d of the tree", n.Level), Found: "another hash in the stored tile"})
		}
	}
	return nil
}

// hash returns a stored hash. One that must be there and is not is a finding,
// once for each tile.
func (s *sealed) hash(ctx context.Context, level int, number int64) (hash tlog.Hash, found bool, err error) {
	tile, ok := s.pages[level]
	if !ok || tile.number != number/tileWidth {
		tile.number = number / tileWidth
		if tile.hashes, err = s.tiles.ReadTile(ctx, level, tile.number); err != nil {
			return hash, false, err
		}
		s.pages[level] = tile
	}
	offset := int(number%tileWidth) * tlog.HashSize
	if offset+tlog.HashSize <= len(tile.hashes) {
		return tlog.Hash(tile.hashes[offset : offset+tlog.HashSize]), true, nil
	}
	first, last := translog.Node{Level: level, Number: number}.Positions()
	if reported, ok := s.missing[level]; last <= s.size && !(ok && reported == tile.number) {
		s.missing[level] = tile.number
		s.found(Finding{Check: TileMissing, Position: first, Last: last,
			Expected: fmt.Sprintf("a hash of these positions at level %d of the tree, which is sealed up to position %d", level, s.size),
			Found:    fmt.Sprintf("the stored tile %d holds %d bytes", tile.number, len(tile.hashes))})
	}
	return hash, false, nil
}

// judge compares the log so far with a checkpoint of its size.
func (s *sealed) judge(c checkpoint) {
	by := fmt.Sprintf("the checkpoint of %d events", c.Size)
	same := false
	switch {
	case !s.blind && s.events.Root() == c.Root:
		s.settle(TileAltered, by)
		s.split, same = false, !s.altered
		if same {
			s.confirmed(c.Size)
		}
	case !s.blind && s.split && s.stored.Root() == c.Root:
		s.settle(EventAltered, by)
		s.events, s.split, s.altered = s.stored, false, true
	case !c.kept:
		s.found(Finding{Check: CheckpointRoot, Position: 1, Last: c.Size,
			Expected: fmt.Sprintf("the %d events that the stored checkpoint commits to", c.Size), Found: s.cuts.explain(c.Size, "other events: their root is another")})
	}
	if c.kept && !same {
		s.found(Finding{Check: CheckpointInconsistent, Position: 1, Last: c.Size,
			Expected: fmt.Sprintf("the %d events that %s commits to", c.Size, c.name), Found: s.cuts.explain(c.Size, "other events: their root is another")})
	}
}
