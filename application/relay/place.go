package relay

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// keeper keeps the relay's place.
func (f *Feed) keeper() *consumer.Keeper {
	return &consumer.Keeper{
		ID:    consumer.ID{Topic: eventlog.Topic, Name: consumer.RelayName(f.Name)},
		Start: f.Start, Groups: f.Groups, Holder: f.Holder,
		What: "relay", Logger: f.Logger.With("relay", f.Name), Now: f.Now, Jitter: f.Jitter,
		Final:   func(err error) bool { return errors.Is(err, ErrGone) },
		Refused: func(err error) bool { return errors.Is(err, ErrRefused) },
	}
}

// run lets work run whenever the relay holds its place.
func (f *Feed) run(ctx context.Context, work func(context.Context, *consumer.Place) error) error {
	if err := f.keeper().Run(ctx, work); err != nil {
		return fmt.Errorf("relay %s: %w", f.Name, err)
	}
	return nil
}

// insist tries something until it is done, see [consumer.Keeper.Insist].
func (f *Feed) insist(ctx context.Context, what string, try func(context.Context) error) error {
	return f.keeper().Insist(ctx, what, try)
}
