package command

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// ErrFlagNotFound: the event at that position is no flag, or there is none.
var ErrFlagNotFound = errors.New("no such flag")

// ResolveFlag records what a person decided of a flag.
type ResolveFlag struct {
	log     eventlog.Appender
	events  eventReader
	machine *kyc.Machine
	rules   kyc.RuleBook
}

type eventReader interface {
	ReadOne(ctx context.Context, position int64) (eventlog.Recorded, error)
}

// NewResolveFlag returns the command over a log.
func NewResolveFlag(log eventlog.Appender, events eventReader, machine *kyc.Machine, rules kyc.RuleBook) ResolveFlag {
	return ResolveFlag{log, events, machine, rules}
}

// Handle applies a ruling to the flag at its position. It returns
// ErrFlagNotFound, kyc.ErrNoteRequired, kyc.ErrFlagNotOpen if the flag was
// resolved before, or an error of [eventlog.Appender].
func (c ResolveFlag) Handle(ctx context.Context, ruling kyc.Ruling) (eventlog.Receipt, error) {
	flag, err := c.events.ReadOne(ctx, ruling.Flag)
	if errors.Is(err, eventlog.ErrNotFound) {
		return eventlog.Receipt{}, ErrFlagNotFound
	}
	if err != nil {
		return eventlog.Receipt{}, fmt.Errorf("read the flag: %w", err)
	}
	if !kyc.RaisesFlag(flag.Event) {
		return eventlog.Receipt{}, ErrFlagNotFound
	}
	decider := kyc.Decider{Machine: c.machine, Rules: c.rules.For(flag.Stream.App)}
	return c.log.Append(ctx, eventlog.Request{
		Stream:   flag.Stream,
		Metadata: eventlog.Metadata{Actor: ruling.By, CausationID: flag.EventID},
		Decide: func(h eventlog.Head) ([]kyc.Event, error) {
			return decider.Resolve(h.Session, ruling)
		},
	})
}
