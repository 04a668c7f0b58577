package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"dossier/application/eventlog"
)

const (
	// leaseTime is for how long a place is claimed: so long nobody works when a
	// process dies, at most.
	leaseTime = 15 * time.Second
	// renewInterval leaves time to try again when the database does not answer.
	renewInterval = 5 * time.Second
	// standbyInterval is how often who stands by asks for the place.
	standbyInterval = 3 * time.Second
	// lostInterval is how long who lost its place waits to claim it.
	lostInterval = time.Second
	// endTimeout bounds how long the end of the work waits for the database.
	endTimeout = 3 * time.Second
)

// Keeper lets work run in one process at a time, the holder of a group, and
// keeps its place.
type Keeper struct {
	ID     ID
	Start  Start // for a group that does not exist yet
	Groups Holds
	// Holder names this keeper among all that there are, in all processes, for
	// as long as it lives: a random text, new at each start.
	Holder string
	// What works, in a word, as log lines name it.
	What   string
	Logger *slog.Logger

	Now    func() time.Time // nil: the time of day
	Jitter func() float64   // in [0, 1), spreads waits; nil: random
	// Final says of further errors that trying again would not help, Refused of
	// which that a person has to change something. Nil: of none.
	Final, Refused func(error) bool
}

// Run lets work run whenever the keeper holds its group, until ctx ends, and
// then returns nil. It returns an error only if the work must not go on:
// [ErrBeyondHead], or one that is final.
func (k *Keeper) Run(ctx context.Context, work func(context.Context, *Place) error) error {
	for {
		grant, until, err := k.claim(ctx)
		if err == nil {
			err = k.hold(ctx, newPlace(k, grant), until, work)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrLost):
			k.Logger.Warn("the "+k.What+" lost its place, and claims it again", "error", err)
			eventlog.Wait(ctx, nil, lostInterval)
		default:
			return err
		}
	}
}

// claim returns when the place is this keeper's, and until when.
func (k *Keeper) claim(ctx context.Context) (grant Grant, until time.Time, err error) {
	for standing := false; ; standing = true {
		held := false
		err := k.Insist(ctx, "claim its place", func(ctx context.Context) (err error) {
			grant, until, err = k.tryClaim(ctx)
			held = errors.Is(err, ErrHeld)
			if held {
				return nil
			}
			return err
		})
		if err != nil || !held {
			return grant, until, err
		}
		if !standing {
			k.Logger.Info("another " + k.What + " of this name is active, this one stands by")
		}
		eventlog.Wait(ctx, nil, k.Spread(standbyInterval))
	}
}

func (k *Keeper) tryClaim(ctx context.Context) (grant Grant, until time.Time, err error) {
	until = k.now().Add(leaseTime)
	grant, err = k.Groups.Claim(ctx, Claim{ID: k.ID, Holder: k.Holder, Lease: leaseTime, Start: k.Start})
	return grant, until, err
}

// hold lets work run for as long as the claim is renewed.
func (k *Keeper) hold(ctx context.Context, at *Place, until time.Time, work func(context.Context, *Place) error) error {
	holding, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	var renewing sync.WaitGroup
	renewing.Go(func() { k.renew(holding, at, until, lose) })
	k.Logger.Info("the "+k.What+" is active", "position", at.position)
	err := work(holding, at)
	lose(nil)
	renewing.Wait()
	k.release(ctx)
	return err
}

// renew renews the claim until ctx ends. It ends it if the claim is lost, or may
// be, and if the group is found where it was before: a failover has taken its last
// moves, and maybe the events, so that the work must begin there anew.
func (k *Keeper) renew(ctx context.Context, at *Place, until time.Time, lose context.CancelCauseFunc) {
	for wait := renewInterval; ; {
		eventlog.Wait(ctx, nil, wait)
		if ctx.Err() != nil {
			return
		}
		bounded, cancel := context.WithTimeout(ctx, max(0, until.Sub(k.now())))
		stored := at.stored.Load()
		grant, next, err := k.tryClaim(bounded)
		cancel()
		if err == nil {
			err = grant.Continues(stored, at.history)
		}
		switch {
		case err == nil:
			until, wait = next, renewInterval
		case errors.Is(err, ErrHeld):
			lose(ErrLost)
			return
		case k.final(err):
			lose(err)
			return
		case !k.now().Before(until): // another may have it
			lose(fmt.Errorf("the claim was not renewed in time: %w", ErrLost))
			return
		default:
			wait = min(renewInterval/5, until.Sub(k.now()))
		}
	}
}

// release lets another keeper of the group go on at once.
func (k *Keeper) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := k.Groups.Release(ctx, k.ID, k.Holder); err != nil {
		k.Logger.Warn("the "+k.What+"'s place is free only when its claim runs out", "error", err)
	}
}

func (k *Keeper) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}

// Spread changes a wait by up to a fifth, so that not all come back at once.
func (k *Keeper) Spread(d time.Duration) time.Duration {
	jitter := rand.Float64
	if k.Jitter != nil {
		jitter = k.Jitter
	}
	return time.Duration(float64(d) * (leastSpread + (mostSpread-leastSpread)*jitter()))
}

const leastSpread, mostSpread = 0.8, 1.2

// MostSpread returns the longest wait that Spread can make of d.
func MostSpread(d time.Duration) time.Duration { return time.Duration(float64(d) * mostSpread) }
