package evidence

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/application/translog"
)

// Tree is the log's tree as it is now, such as a [translog.Tree].
type Tree interface {
	// Root returns the hash of the tree of the first size events.
	Root(ctx context.Context, size int64) (tlog.Hash, error)
	// Inclusion proves a position in the tree of the first size events.
	Inclusion(ctx context.Context, position, size int64) (tlog.RecordProof, error)
}

// Present is a log as it is now.
type Present struct {
	Tree Tree
	Size int64 // how many events the tree has
	// Stream reads events of a session by their versions. It is nil for a log that
	// is only seen from outside: its tree does not say whose an event is.
	Stream func(ctx context.Context, s eventlog.Stream, after int64, limit int) ([]eventlog.Recorded, error)
}

// CheckAgainst compares a bundle with a log as it is now: the bundle's checkpoint
// must be an earlier state of it, and each of its events must still be there. That
// is how an attacker is caught who changed the log and signed it anew, with the
// right key. Events that the bundle leaves out are found where the log can be
// asked for those of a session. The error is the log's.
func CheckAgainst(ctx context.Context, b Bundle, key string, log Present) (Report, error) {
	c := &check{Verifier: Verifier{Key: key}, Bundle: b}
	c.Report = newReport("evidence of a session of the app " + b.App + ", against the log as it is now")
	if c.checkpointIsSigned(); !c.trusted {
		return c.Report, nil
	}
	c.statementHolds()
	size := c.checkpoint.Size
	if log.Size < size {
		c.find(0, 0, "events were cut off: the log has %s, and had %d when the evidence was exported", count(log.Size, "event"), size)
		return c.Report, nil
	}
	root, err := log.Tree.Root(ctx, size)
	if err != nil {
		return c.Report, err
	}
	if root == c.checkpoint.Root {
		c.prove("the log still begins with the %s of the evidence", count(size, "event"))
	} else {
		c.find(0, 0, "the log was written anew: its first %s are not those of the evidence", count(size, "event"))
	}
	if err := c.compareEvents(ctx, log.Tree, translog.Checkpoint{Size: size, Root: root}); err != nil {
		return c.Report, err
	}
	err = c.nothingIsLeftOut(ctx, log)
	return c.Report, err
}

// compareEvents names the events of the bundle that a tree does not hold.
func (c *check) compareEvents(ctx context.Context, tree Tree, now translog.Checkpoint) error {
	before := len(c.Findings)
	for _, e := range c.Events {
		if e.Position < 1 || e.Position > now.Size {
			c.find(e.Position, e.Version, "the log of %s has no such position", count(now.Size, "event"))
			continue
		}
		proof, err := tree.Inclusion(ctx, e.Position, now.Size)
		if err != nil {
			return err
		}
		if translog.CheckInclusion(now, e.Position, e.leaf(), proof) != nil {
			c.find(e.Position, e.Version, "the log has another event there than the evidence")
		}
	}
	if len(c.Findings) == before {
		c.prove("%s of the evidence %s in the log", count(len(c.Events), "event"), are(len(c.Events)))
	}
	return nil
}

// nothingIsLeftOut looks for events of the session that the log had at the
// checkpoint, and the bundle has not.
func (c *check) nothingIsLeftOut(ctx context.Context, log Present) error {
	if log.Stream == nil {
		c.leave("that the log has no other events of the session: seen from outside it does not say whose its events are")
		return nil
	}
	held := make(map[int64]bool, len(c.Events))
	for _, e := range c.Events {
		held[e.Position] = true
	}
	before := len(c.Findings)
	for version := int64(0); ; {
		events, err := log.Stream(ctx, c.stream(), version, page)
		if err != nil {
			return err
		}
		for _, e := range until(events, c.checkpoint.Size) {
			if !held[e.Position] {
				c.find(e.Position, e.Version, "the evidence leaves out an event of the session that the log had")
			}
		}
		if len(events) < page {
			break
		}
		version = events[len(events)-1].Version
	}
	if len(c.Findings) == before {
		c.prove("the log has no other events of the session among its first %d", c.checkpoint.Size)
	}
	return nil
}
