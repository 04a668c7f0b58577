package query

import (
	"context"
	"errors"

	"dossier/application/projection"
)

// Progress says how far a read model is.
type Progress struct {
	Name       string
	Checkpoint int64
	Head       int64
}

// Lag returns how many events the read model has not seen.
func (p Progress) Lag() int64 { return max(0, p.Head-p.Checkpoint) }

// Projections returns the progress of the named read models. Checkpoints are
// read before the head, so none is ahead of it, but for one that is to be built anew.
func (r *Reads) Projections(ctx context.Context, names []string) ([]Progress, error) {
	progress := make([]Progress, 0, len(names))
	for _, name := range names {
		checkpoint, err := r.models.Checkpoint(ctx, name)
		if err != nil && !errors.Is(err, projection.ErrAhead) {
			return nil, err
		}
		progress = append(progress, Progress{Name: name, Checkpoint: checkpoint})
	}
	head, err := r.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	for i := range progress {
		progress[i].Head = head
	}
	return progress, nil
}

// AwaitProjections waits until every named read model is as far as the caller
// wants, and returns the position that all of them have seen. It returns a
// *StaleError.
func (r *Reads) AwaitProjections(ctx context.Context, names []string, fresh Fresh) (int64, error) {
	least := func(ctx context.Context) (int64, error) {
		var have int64
		for i, name := range names {
			checkpoint, err := r.models.Checkpoint(ctx, name)
			if err != nil {
				return 0, err
			}
			if i == 0 || checkpoint < have {
				have = checkpoint
			}
		}
		return have, nil
	}
	return await(ctx, fresh, least, r.advanced)
}
