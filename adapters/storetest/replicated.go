package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
)

// Replicated is a database whose every commit another server must have.
type Replicated interface {
	Database
	// Away stops the other server, and Back lets it go on. Each returns when that
	// is so.
	Away(ctx context.Context) error
	Back(ctx context.Context) error
}

func replicatedCases() []Case {
	return []Case{
		{"what no standby has is neither acknowledged nor read", unreplicated},
		{"a delivery that no standby has is no duplicate yet", unreplicatedDelivery},
	}
}

// unreplicated appends while the standby is away, and looks from another store,
// too.
func unreplicated(ctx context.Context, env *Env) error {
	db := env.db.(Replicated)
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	s, other := stores[0], stores[1]
	if err := errors.Join(appendAll(ctx, s, write("default", "a", "1", "2")), says(ctx, s, "1", "2"), says(ctx, other, "1", "2"),
		db.Away(ctx)); err != nil {
		return err
	}
	_, refused := s.Append(ctx, write("default", "a", "3"))
	err = fails("an append that no standby has", refused, eventlog.ErrNotReplicated)
	for _, reader := range []*running{s, other} {
		err = errors.Join(err, says(ctx, reader, "1", "2"), headIs(ctx, reader, 2))
		_, failed := reader.ReadOne(ctx, 3)
		err = errors.Join(err, fails("an event that no standby has", failed, eventlog.ErrNotFound))
	}
	if err := errors.Join(err, db.Back(ctx)); err != nil {
		return err
	}
	for _, reader := range []*running{s, other} {
		err = errors.Join(err, comesTo(ctx, reader, 3), says(ctx, reader, "1", "2", "3"))
	}
	return errors.Join(err, appendAll(ctx, s, write("default", "a", "4")), says(ctx, other, "1", "2", "3", "4"))
}

func headIs(ctx context.Context, s Store, want int64) error {
	head, err := s.Head(ctx)
	return errors.Join(err, same("head", head, want))
}

// comesTo waits until a store reads up to a position, by its signals alone.
func comesTo(ctx context.Context, s Store, position int64) error {
	for {
		changed := s.Changed()
		head, err := s.Head(ctx)
		if err != nil || head >= position {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("a reader is not told that the standby has position %d: %w", position, ctx.Err())
		}
	}
}

// unreplicatedDelivery sends a delivery again and again.
func unreplicatedDelivery(ctx context.Context, env *Env) error {
	db := env.db.(Replicated)
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	s, other := stores[0], stores[1]
	r := delivered("evt_1", "bytes", write("default", "a", "1"))
	if err := db.Away(ctx); err != nil {
		return err
	}
	for _, store := range []*running{s, s, other} {
		receipt, refused := store.Append(ctx, r)
		err = errors.Join(err, fails("a delivery that no standby has", refused, eventlog.ErrNotReplicated),
			same("receipt of a failure", receipt, eventlog.Receipt{}))
	}
	if err := errors.Join(err, db.Back(ctx), comesTo(ctx, s, 1), comesTo(ctx, other, 1)); err != nil {
		return err
	}
	first := eventlog.Receipt{Position: 1, Version: 1, Last: 1}
	return errors.Join(isDuplicate(ctx, s, r, first), isDuplicate(ctx, other, r, first), says(ctx, s, "1"))
}
