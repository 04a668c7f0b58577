package consumer

import (
	"context"
	"sync/atomic"
	"time"
)

// Place is where the holder of a group stands. It is for one goroutine.
type Place struct {
	keeper     *Keeper
	position   int64
	generation int64
	history    string
	moved      time.Time
	stored     atomic.Int64 // the position that the group is known to have, for who renews the claim
}

func newPlace(k *Keeper, at Grant) *Place {
	p := &Place{keeper: k, position: at.Position, generation: at.Generation, history: at.History}
	p.stored.Store(at.Position)
	return p
}

// Position returns up to where all was consumed.
func (p *Place) Position() int64 { return p.position }

// Generation returns the group's, see [Grant].
func (p *Place) Generation() int64 { return p.generation }

// Since returns how long ago the holder moved the group; long if it never did.
func (p *Place) Since() time.Duration { return p.keeper.now().Sub(p.moved) }

// Move says that the holder has done everything up to a position.
func (p *Place) Move(ctx context.Context, to int64) error {
	return p.MoveBy(ctx, to, p.keeper.Groups.Move)
}

// MoveBy is Move with what moves the group. It does so once even if ctx has
// ended: what was done need not be done again then.
func (p *Place) MoveBy(ctx context.Context, to int64, move func(context.Context, Move) error) error {
	m := Move{ID: p.keeper.ID, Holder: p.keeper.Holder, From: p.position, To: to, History: p.history}
	if ctx.Err() != nil {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		if err := move(ending, m); err != nil {
			return err
		}
		return context.Cause(ctx)
	}
	err := p.keeper.Insist(ctx, "keep its place", func(ctx context.Context) error { return move(ctx, m) })
	if err == nil {
		p.position, p.moved = to, p.keeper.now()
		p.stored.Store(to)
	}
	return err
}
