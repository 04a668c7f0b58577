package query

import "context"

// Progress says how far a read model is.
type Progress struct {
	Name       string
	Checkpoint int64
	Head       int64
}

// Lag returns how many events the read model has not seen.
func (p Progress) Lag() int64 { return max(0, p.Head-p.Checkpoint) }

// Projections returns the progress of the named read models. Checkpoints are
// read before the head, so none is ever ahead of it.
func (r *Reads) Projections(ctx context.Context, names []string) ([]Progress, error) {
	progress := make([]Progress, 0, len(names))
	for _, name := range names {
		checkpoint, err := r.models.Checkpoint(ctx, name)
		if err != nil {
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
