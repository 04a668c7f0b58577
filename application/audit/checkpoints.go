package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dossier/application/translog"
)

// Kept is a signed checkpoint that someone kept elsewhere.
type Kept struct {
	Name string // how findings call it
	Note []byte
}

// checkpoint is one to compare the log with.
type checkpoint struct {
	translog.Checkpoint
	kept bool
	name string
}

// checkpoints gives out the stored checkpoints and those that were kept
// elsewhere, the smallest first.
type checkpoints struct {
	v      *Verifier
	kept   []checkpoint
	page   []translog.Signed
	above  int64 // size up to which stored ones were read
	ended  bool
	stored *checkpoint // the next
}

// newCheckpoints opens the ones that were kept elsewhere. One that can't be read
// is an error: the caller meant something by it.
func (v *Verifier) newCheckpoints() (*checkpoints, error) {
	c := &checkpoints{v: v}
	for _, kept := range v.Kept {
		opened, signed, err := v.open(kept.Note)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kept.Name, err)
		}
		if !signed {
			v.found(Finding{Check: CheckpointSignature, Position: opened.Size,
				Expected: kept.Name + " signed by the key of the log", Found: "a checkpoint that is not; it is compared all the same"})
		}
		c.kept = append(c.kept, checkpoint{opened, true, kept.Name})
		v.sum.Checkpoints++
	}
	slices.SortStableFunc(c.kept, func(a, b checkpoint) int { return int(a.Size - b.Size) })
	return c, nil
}

// open reads a checkpoint, and says whether it is signed by the log's key. If
// there is no key, it is taken for signed.
func (v *Verifier) open(note []byte) (c translog.Checkpoint, signed bool, err error) {
	if v.Key != "" {
		if c, err = translog.OpenCheckpoint(note, v.Key); err == nil {
			return c, true, nil
		}
		if errors.Is(err, translog.ErrKey) {
			return c, false, err
		}
	}
	c, err = translog.Unverified(note)
	return c, v.Key == "", err
}

// take calls fn with each checkpoint of up to a size, which was not taken yet.
func (c *checkpoints) take(ctx context.Context, size int64, fn func(checkpoint)) error {
	for {
		if err := c.advance(ctx); err != nil {
			return err
		}
		switch {
		case len(c.kept) > 0 && c.kept[0].Size <= size && (c.stored == nil || c.kept[0].Size <= c.stored.Size):
			fn(c.kept[0])
			c.kept = c.kept[1:]
		case c.stored != nil && c.stored.Size <= size:
			fn(*c.stored)
			c.stored = nil
		default:
			return nil
		}
	}
}

// advance makes the next stored checkpoint known.
func (c *checkpoints) advance(ctx context.Context) (err error) {
	for c.stored == nil && !c.ended {
		if len(c.page) == 0 {
			if c.page, err = c.v.Store.Signed(ctx, c.above, pageSize); err != nil {
				return err
			}
			if c.ended = len(c.page) == 0; c.ended {
				return nil
			}
		}
		next := c.page[0]
		c.page, c.above = c.page[1:], next.Size
		c.stored = c.openStored(next)
	}
	return nil
}

// openStored returns nothing for a checkpoint that does not deserve to be
// compared with.
func (c *checkpoints) openStored(s translog.Signed) *checkpoint {
	opened, signed, err := c.v.open(s.Note)
	switch {
	case err != nil || opened.Size != s.Size:
		c.v.found(Finding{Check: CheckpointMalformed, Position: s.Size,
			Expected: fmt.Sprintf("a signed checkpoint of %d events", s.Size), Found: "a note that is none"})
		return nil
	case !signed:
		c.v.found(Finding{Check: CheckpointSignature, Position: s.Size,
			Expected: fmt.Sprintf("the stored checkpoint of %d events signed by the key of the log", s.Size), Found: "it is not"})
		return nil
	}
	c.v.sum.Checkpoints++
	return &checkpoint{Checkpoint: opened}
}

// beyond reports the checkpoints, of those that were kept elsewhere, that the
// log is too short for.
func (c *checkpoints) beyond(head int64) {
	for _, kept := range c.kept {
		c.v.found(Finding{Check: LogCutOff, Position: head + 1, Last: kept.Size,
			Expected: fmt.Sprintf("the %d events that %s commits to", kept.Size, kept.name),
			Found:    fmt.Sprintf("the log ends at position %d", head)})
	}
}
