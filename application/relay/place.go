package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

const (
	// leaseTime is for how long a place is claimed: so long nobody relays when a
	// process dies, at most.
	leaseTime = 15 * time.Second
	// renewInterval leaves time to try again when the database does not answer.
	renewInterval = 5 * time.Second
	// standbyInterval is how often a relay that stands by asks for the place.
	standbyInterval = 3 * time.Second
	// lostInterval is how long a relay that lost its place waits to claim it.
	lostInterval = time.Second
	// endTimeout bounds how long the end of a relay waits for the database.
	endTimeout = 3 * time.Second
)

// place is where an active relay stands.
type place struct {
	feed   *Feed
	stored int64 // the group's position
	moved  time.Time
}

// move says that the relay has done everything up to a position.
func (p *place) move(ctx context.Context, to int64) error {
	return p.moveBy(ctx, to, p.feed.Groups.Move)
}

// moveBy is move with what moves the group. It does so once even if ctx has
// ended: what was sent need not be sent again then.
func (p *place) moveBy(ctx context.Context, to int64, move func(context.Context, consumer.Move) error) error {
	m := consumer.Move{ID: p.feed.group(), Holder: p.feed.Holder, From: p.stored, To: to}
	if ctx.Err() != nil {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		if err := move(ending, m); err != nil {
			return err
		}
		return context.Cause(ctx)
	}
	err := p.feed.insist(ctx, "keep its place", func(ctx context.Context) error { return move(ctx, m) })
	if err == nil {
		p.stored, p.moved = to, p.feed.now()
	}
	return err
}

// run lets work run whenever the relay holds its place.
func (f *Feed) run(ctx context.Context, work func(context.Context, *place) error) error {
	for {
		position, until, err := f.claim(ctx)
		if err == nil {
			err = f.hold(ctx, &place{feed: f, stored: position}, until, work)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, consumer.ErrLost):
			f.Logger.Warn("the relay lost its place, and claims it again", "relay", f.Name, "error", err)
			eventlog.Wait(ctx, nil, lostInterval)
		default:
			return fmt.Errorf("relay %s: %w", f.Name, err)
		}
	}
}

// claim returns when the place is this relay's, and until when.
func (f *Feed) claim(ctx context.Context) (position int64, until time.Time, err error) {
	for standing := false; ; standing = true {
		held := false
		err := f.insist(ctx, "claim its place", func(ctx context.Context) (err error) {
			position, until, err = f.tryClaim(ctx)
			held = errors.Is(err, consumer.ErrHeld)
			if held {
				return nil
			}
			return err
		})
		if err != nil || !held {
			return position, until, err
		}
		if !standing {
			f.Logger.Info("another relay of this name is active, this one stands by", "relay", f.Name)
		}
		eventlog.Wait(ctx, nil, f.spread(standbyInterval))
	}
}

func (f *Feed) tryClaim(ctx context.Context) (position int64, until time.Time, err error) {
	until = f.now().Add(leaseTime)
	position, err = f.Groups.Claim(ctx, consumer.Claim{ID: f.group(), Holder: f.Holder, Until: until, Start: f.Start})
	return position, until, err
}

// hold lets work run for as long as the claim is renewed.
func (f *Feed) hold(ctx context.Context, at *place, until time.Time, work func(context.Context, *place) error) error {
	holding, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	var renewing sync.WaitGroup
	renewing.Go(func() { f.renew(holding, until, lose) })
	f.Logger.Info("the relay is active", "relay", f.Name, "position", at.stored)
	err := work(holding, at)
	lose(nil)
	renewing.Wait()
	f.release(ctx)
	return err
}

// renew renews the claim until ctx ends. It ends it if the claim is lost, or may
// be.
func (f *Feed) renew(ctx context.Context, until time.Time, lose context.CancelCauseFunc) {
	for wait := renewInterval; ; {
		eventlog.Wait(ctx, nil, wait)
		if ctx.Err() != nil {
			return
		}
		bounded, cancel := context.WithTimeout(ctx, max(0, until.Sub(f.now())))
		_, next, err := f.tryClaim(bounded)
		cancel()
		switch {
		case err == nil:
			until, wait = next, renewInterval
		case errors.Is(err, consumer.ErrHeld):
			lose(consumer.ErrLost)
			return
		case final(err):
			lose(err)
			return
		case !f.now().Before(until): // another may have it
			lose(fmt.Errorf("the claim was not renewed in time: %w", consumer.ErrLost))
			return
		default:
			wait = min(renewInterval/5, until.Sub(f.now()))
		}
	}
}

// release lets another relay of the name go on at once.
func (f *Feed) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := f.Groups.Release(ctx, f.group(), f.Holder); err != nil {
		f.Logger.Warn("the relay's place is free only when its claim runs out", "relay", f.Name, "error", err)
	}
}
