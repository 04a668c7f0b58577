package translog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/application/eventlog"
)

// sign signs the tree as it is stored, if it grew since the last checkpoint and
// begins with it.
func (s *Sealer) sign(ctx context.Context) error {
	if s.Key == nil {
		return nil
	}
	size, err := s.Store.Sealed(ctx)
	if err != nil || size == 0 {
		return err
	}
	latest, found, err := s.Store.LatestSigned(ctx)
	if err != nil || found && latest.Size == size {
		return err
	}
	last, err := s.Log.ReadAll(ctx, size-1, 1)
	if err != nil {
		return err
	}
	if len(last) == 0 {
		return fmt.Errorf("%w: the tree holds %d events, and the log ends before", ErrAhead, size)
	}
	if err := s.checkHistory(ctx, size, latest, found); err != nil {
		return err
	}
	root, err := NewTree(s.Store).Root(ctx, size)
	if err != nil {
		return err
	}
	note, err := s.Key.Sign(Checkpoint{Origin: s.Key.Origin(), Size: size, Root: root}.Text())
	if err != nil {
		return err
	}
	return s.publish(ctx, Signed{Size: size, Note: note, At: s.Now()}, latest.At)
}

// checkHistory returns ErrForked unless the stored tree begins with what the
// database, and what this process's key, signed last.
func (s *Sealer) checkHistory(ctx context.Context, size int64, latest Signed, found bool) error {
	if found {
		if err := s.continues(ctx, size, latest.Note); err != nil {
			return err
		}
	}
	last, err := s.Memory.Last()
	if err != nil || last == nil || bytes.Equal(last, latest.Note) {
		return err
	}
	forked := s.continues(ctx, size, last)
	if errors.Is(forked, ErrForked) {
		return errors.Join(forked, s.tellLoss(ctx, size, last))
	}
	return forked
}

// tellLoss records that the log does not begin with what this process's key has
// signed.
func (s *Sealer) tellLoss(ctx context.Context, size int64, note []byte) error {
	if s.Losses == nil || bytes.Equal(note, s.told) {
		return nil
	}
	signed, err := Unverified(note)
	if err != nil {
		return err
	}
	cut := eventlog.Cut{Had: eventlog.Place{Position: signed.Size}, Head: eventlog.Place{Position: size}, Note: note, At: s.Now()}
	if err = s.Losses.SaveCut(ctx, cut); err == nil {
		s.told = note
	}
	return err
}

// continues says whether the tree of a size begins with a checkpoint, whichever
// key signed it: when the key is changed, the tree still goes on.
func (s *Sealer) continues(ctx context.Context, size int64, note []byte) error {
	before, err := Unverified(note)
	if err != nil {
		return fmt.Errorf("the last checkpoint: %w", err)
	}
	if before.Size > size {
		return fmt.Errorf("%w: it has %d events, and had %d"+wayOut, ErrForked, size, before.Size)
	}
	root, err := NewTree(s.Store).Root(ctx, before.Size)
	if err != nil {
		return err
	}
	if root != before.Root {
		return fmt.Errorf("%w: the first %d events are others"+wayOut, ErrForked, before.Size)
	}
	return nil
}

// publish stores a checkpoint, unless another process did within the interval after
// the latest one. It is remembered first: a checkpoint that was seen must not be
// forgotten. A latest one from the future was signed by a clock that was ahead: to
// wait until then would leave the log unsigned.
func (s *Sealer) publish(ctx context.Context, signed Signed, latest time.Time) error {
	if err := s.Memory.Remember(signed.Note); err != nil {
		return fmt.Errorf("remember the checkpoint: %w", err)
	}
	newestBefore := signed.At.Add(-sealInterval)
	if latest.After(signed.At.Add(clockTolerance)) {
		newestBefore = latest
	}
	stored, err := s.Store.SaveSigned(ctx, signed, newestBefore)
	if err == nil && stored {
		s.Sealed.Notify()
	}
	return err
}
