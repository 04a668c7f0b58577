package storetest

import (
	"context"
	"errors"
	"time"

	"dossier/application/eventlog"
)

func cancelCases() []Case {
	return []Case{
		{"an append that is given up before it starts writes nothing", givenUpBefore},
		{"an append that is given up in the queue returns at once and writes nothing", givenUpQueued},
		{"an append that is given up at its commit returns at once", givenUpAtCommit},
		{"an append that was answered survives its caller", givenUpAfter},
	}
}

func givenUpBefore(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	expired, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	_, one := s.Append(cancelled, delivered("evt_1", "bytes", write("default", "a", "never")))
	_, two := s.Append(expired, write("default", "a", "never"))
	return errors.Join(
		fails("cancelled", one, context.Canceled), fails("expired", two, context.DeadlineExceeded),
		appendAll(ctx, s, delivered("evt_1", "bytes", write("default", "a", "1"))), says(ctx, s, "1"))
}

// givenUpQueued cancels appends that wait behind a frozen one.
func givenUpQueued(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if _, err := s.freeze(ctx, write("default", "a", "frozen")); err != nil {
		return err
	}
	defer s.gate.open()
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	one, err := s.start(waiting, delivered("evt_1", "bytes", write("default", "a", "never")))
	if err != nil {
		return err
	}
	two, err := s.start(ctx, write("default", "a", "1"))
	if err != nil {
		return err
	}
	cancel()
	_, err = one.wait(ctx) // while the other is still frozen
	if err := fails("given up", err, context.Canceled); err != nil {
		return err
	}
	s.gate.open()
	_, err = two.wait(ctx)
	return errors.Join(err, appendAll(ctx, s, delivered("evt_1", "bytes", write("default", "a", "2"))),
		says(ctx, s, "frozen", "1", "2"))
}

// givenUpAtCommit can't know whether the append is stored. Sending the delivery
// again makes sure that it is, once.
func givenUpAtCommit(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	r := delivered("evt_1", "bytes", write("default", "a", "once"))
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	frozen, err := s.freeze(waiting, r)
	if err != nil {
		return err
	}
	defer s.gate.open()
	cancel()
	_, err = frozen.wait(ctx) // while it is still frozen
	if err := fails("given up", err, context.Canceled); err != nil {
		return err
	}
	s.gate.open()
	receipt, err := s.Append(ctx, r)
	receipt.Duplicate = false // both are right
	return errors.Join(err, same("receipt", receipt, eventlog.Receipt{Position: 1, Version: 1, Last: 1}), says(ctx, s, "once"))
}

func givenUpAfter(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	calling, cancel := context.WithCancel(ctx)
	_, err = s.Append(calling, write("default", "a", "1"))
	cancel()
	return errors.Join(err, appendAll(ctx, s, write("default", "a", "2")), says(ctx, s, "1", "2"))
}
