package evidence

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// Tree is the log's tree as it is now, such as a [translog.Tree].
type Tree interface {
	// Root returns the hash of the tree of the first size events.
	Root(ctx context.Context, size int64) (tlog.Hash, error)
	// Inclusion proves a position in the tree of the first size events.
	Inclusion(ctx context.Context, position, size int64) (tlog.RecordProof, error)
}

// CheckAgainst compares a bundle with the tree of a log that has size events
// now: the bundle's checkpoint must be an earlier state of it, and each of its
// events must still be there. That is how an attacker is caught who changed the
// log and signed it anew, with the right key. The error is the tree's.
func CheckAgainst(ctx context.Context, b Bundle, key string, tree Tree, size int64) (Report, error) {
	r := newReport("evidence of a session of the app " + b.App + ", against the log as it is now")
	checkpoint, trusted := r.opened(b.Checkpoint, key, "the checkpoint")
	if !trusted {
		return r, nil
	}
	if size < checkpoint.Size {
		r.find(0, 0, "events were cut off: the log has %s, and had %d when the evidence was exported", count(size, "event"), checkpoint.Size)
		return r, nil
	}
	root, err := tree.Root(ctx, checkpoint.Size)
	if err != nil {
		return r, err
	}
	if root != checkpoint.Root {
		r.find(0, 0, "the log was written anew: its first %s are not those of the evidence", count(checkpoint.Size, "event"))
		return r, r.compareEvents(ctx, b, tree, checkpoint.Size)
	}
	r.prove("the log still begins with the %s of the evidence", count(checkpoint.Size, "event"))
	return r, r.compareEvents(ctx, b, tree, checkpoint.Size)
}

// compareEvents names the events of a bundle that the tree does not hold.
func (r *Report) compareEvents(ctx context.Context, b Bundle, tree Tree, size int64) error {
	root, err := tree.Root(ctx, size)
	if err != nil {
		return err
	}
	before := len(r.Findings)
	for _, e := range b.Events {
		if e.Position < 1 || e.Position > size {
			r.find(e.Position, e.Version, "the log of %s has no such position", count(size, "event"))
			continue
		}
		proof, err := tree.Inclusion(ctx, e.Position, size)
		if err != nil {
			return err
		}
		now := translog.Checkpoint{Size: size, Root: root}
		if translog.CheckInclusion(now, e.Position, e.leaf(), proof) != nil {
			r.find(e.Position, e.Version, "the log has another event there than the evidence")
		}
	}
	if len(r.Findings) == before {
		r.prove("%s of the evidence %s in the log", count(len(b.Events), "event"), are(len(b.Events)))
	}
	return nil
}
