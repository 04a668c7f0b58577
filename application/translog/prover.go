package translog

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
)

var (
	// ErrNothingSigned: the log has no checkpoint yet.
	ErrNothingSigned = errors.New("nothing is signed yet")
	// ErrNotSigned: the event is stored, and no checkpoint covers it yet. The
	// next one comes within seconds.
	ErrNotSigned = errors.New("no checkpoint covers it yet")
)

// signedTree is a tree and its newest checkpoint.
type signedTree interface {
	Tiles
	LatestSigned(ctx context.Context) (latest Signed, found bool, err error)
}

// oneEvent reads one event.
type oneEvent interface {
	// ReadOne returns the event at a position, or eventlog.ErrNotFound.
	ReadOne(ctx context.Context, position int64) (eventlog.Recorded, error)
}

// Prover makes proofs for the newest checkpoint.
type Prover struct {
	tree signedTree
	log  oneEvent
}

// NewProver returns the proofs of a log and its tree.
func NewProver(tree signedTree, log oneEvent) *Prover { return &Prover{tree, log} }

// Inclusion is a proof that an event is in the log that a checkpoint commits to.
type Inclusion struct {
	Event      eventlog.Recorded
	Leaf       tlog.Hash
	Proof      tlog.RecordProof
	Checkpoint Checkpoint
	Note       []byte // the signed checkpoint
}

// Inclusion proves that the newest checkpoint covers the event at a position. It
// returns eventlog.ErrNotFound, or ErrNotSigned.
func (p *Prover) Inclusion(ctx context.Context, position int64) (Inclusion, error) {
	event, err := p.log.ReadOne(ctx, position)
	if err != nil {
		return Inclusion{}, err
	}
	checkpoint, note, err := p.Latest(ctx)
	if errors.Is(err, ErrNothingSigned) || err == nil && checkpoint.Size < position {
		return Inclusion{}, ErrNotSigned
	}
	if err != nil {
		return Inclusion{}, err
	}
	proof, err := NewTree(p.tree).Inclusion(ctx, position, checkpoint.Size)
	return Inclusion{event, Leaf(event), proof, checkpoint, note}, err
}

// Consistency is a proof that a tree begins with a smaller one.
type Consistency struct {
	From, To         int64
	FromRoot, ToRoot tlog.Hash
	Proof            tlog.TreeProof
}

// Consistency proves that the tree of to events begins with that of from events.
// With 0 for to, it is that of the newest checkpoint. It returns ErrNoProof, or
// ErrNothingSigned.
func (p *Prover) Consistency(ctx context.Context, from, to int64) (c Consistency, err error) {
	newest, _, err := p.Latest(ctx)
	if err != nil {
		return c, err
	}
	if to == 0 {
		to = newest.Size
	}
	if to > newest.Size {
		return c, ErrNoProof
	}
	c.From, c.To = from, to
	tree := NewTree(p.tree)
	if c.Proof, err = tree.Consistency(ctx, from, to); err != nil {
		return c, err
	}
	if c.FromRoot, err = tree.Root(ctx, from); err != nil {
		return c, err
	}
	c.ToRoot, err = tree.Root(ctx, to)
	return c, err
}

// Latest returns the newest checkpoint, and its signed note. It returns
// ErrNothingSigned.
func (p *Prover) Latest(ctx context.Context) (Checkpoint, []byte, error) {
	signed, found, err := p.tree.LatestSigned(ctx)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if !found {
		return Checkpoint{}, nil, ErrNothingSigned
	}
	c, err := Unverified(signed.Note)
	return c, signed.Note, err
}
