package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func wholeCases() []Case {
	return []Case{
		{"a decision of several events is stored whole", wholeDecision},
		{"a transaction that fails leaves no trace", failedTransaction},
		{"a reader never sees a part of a decision", neverAPart},
		{"events that one brought along name it as their cause", causes},
	}
}

// wholeDecision heals a session whose healing could not be written at first.
func wholeDecision(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if _, err := s.Append(ctx, receive("default", "a", approval())); err != nil {
		return err
	}
	late := delivered("evt_late", "late", receive("default", "a", submission()))
	if err := env.whileRefusing(ctx, func() error {
		_, err := s.Append(ctx, late)
		return fails("a healing that can't be written", err, eventlog.ErrUnavailable)
	}); err != nil {
		return err
	}
	if err := types(ctx, s, codec.TransitionFlaggedV1); err != nil {
		return fmt.Errorf("after a healing that could not be written: %w", err)
	}
	receipt, err := s.Append(ctx, late)
	return errors.Join(err, same("receipt", receipt, eventlog.Receipt{Position: 2, Version: 2, Last: 4}),
		types(ctx, s, codec.TransitionFlaggedV1, codec.StatusChangedV1, codec.StatusChangedV1, codec.FlagResolvedV1))
}

// whileRefusing runs do while the database refuses deliveries.
func (e *Env) whileRefusing(ctx context.Context, do func() error) error {
	if err := e.exec(ctx, e.backend.RefuseDeliveries); err != nil {
		return err
	}
	return errors.Join(do(), e.exec(ctx, e.backend.AcceptDeliveries))
}

func (e *Env) exec(ctx context.Context, statements []string) error {
	for _, statement := range statements {
		if err := e.db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("execute %q: %w", statement, err)
		}
	}
	return nil
}

// types checks the types of all the events of the log.
func types(ctx context.Context, log eventlog.Reader, wanted ...string) error {
	events, err := history(ctx, log)
	got := make([]string, 0, len(events))
	for _, e := range events {
		got = append(got, e.Type)
	}
	return errors.Join(err, same("types of the log", got, wanted))
}

// failedTransaction looks for traces in the log, in the deliveries and in what
// the store remembers of the streams.
func failedTransaction(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if err := appendAll(ctx, s, write("default", "a", "1"), write("default", "b", "2")); err != nil {
		return err
	}
	err = env.whileRefusing(ctx, func() error {
		appends, err := s.together(ctx,
			delivered("evt_1", "a", write("default", "a", "lost")),
			delivered("evt_2", "b", write("default", "b", "lost", "lost")),
			delivered("evt_3", "c", write("default", "c", "lost")))
		for i, f := range appends {
			err = errors.Join(err, fails(fmt.Sprint("append ", i), f.err, eventlog.ErrUnavailable))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, session := range []string{"a", "b", "c"} {
		told := decided("default", session, func(h eventlog.Head) ([]kyc.Event, error) {
			state := h.Session.State()
			return []kyc.Event{note(fmt.Sprintf("%s stood at %d, %d", session, state.Version, state.Position))}, nil
		})
		if _, err := s.Append(ctx, delivered("evt_"+session, session, told)); err != nil {
			return err
		}
	}
	again := delivered("evt_1", "a", write("default", "a", "again"))
	receipt, err := s.Append(ctx, again)
	return errors.Join(err, same("receipt", receipt, eventlog.Receipt{Position: 7, Version: 3, Last: 7}),
		says(ctx, s, "1", "2", "first", "a stood at 1, 1", "b stood at 1, 2", "c stood at 0, 0", "again"))
}

// neverAPart reads at every moment of many appends of three events each.
func neverAPart(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 100 && err == nil; i++ {
			_, err = stores[0].Append(ctx, write("default", fmt.Sprint(i%5), "1", "2", "3"))
		}
		written <- err
	}()
	for {
		select {
		case err := <-written:
			return err
		default:
		}
		events, err := stores[1].ReadAll(ctx, 0, 1000)
		if err != nil {
			return err
		}
		if len(events)%3 != 0 {
			return fmt.Errorf("a reader saw %d events, which were appended three at a time", len(events))
		}
	}
}

func causes(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	r := write("default", "a", "1", "2", "3")
	r.Metadata = eventlog.Metadata{RequestID: "req_1", Actor: "alice", CausationID: "before", Payload: `{"a": 1}`}
	if err := appendAll(ctx, s, r); err != nil {
		return err
	}
	events, err := history(ctx, s)
	if err := errors.Join(err, holds(len(events) == 3, "%d events, wanted 3", len(events))); err != nil {
		return err
	}
	brought := eventlog.Metadata{CausationID: events[0].EventID, Actor: "alice"}
	return errors.Join(
		hasMetadata(events[0], r.Metadata), hasMetadata(events[1], brought), hasMetadata(events[2], brought))
}

// hasMetadata checks the stored text, byte by byte.
func hasMetadata(e eventlog.Recorded, wanted eventlog.Metadata) error {
	data := codec.EncodeMetadata(wanted)
	return same(fmt.Sprint("metadata of event ", e.Position), e.Metadata, string(data))
}
