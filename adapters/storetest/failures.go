package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func failureCases() []Case {
	return []Case{
		{"a decision that fails writes nothing and answers its error", failingDecision},
		{"a decision that panics writes nothing and keeps its value secret", panickingDecision},
		{"a decision of no events writes nothing", emptyDecision},
		{"an event without a stored form fails its append", unknownEvent},
	}
}

// errRefused is what a decision of these cases fails with.
var errRefused = errors.New("the decision refuses")

// panicValue must not show up in an error: it may be what a person's record
// says.
const panicValue = "born on a secret day"

func refusing(session string) eventlog.Request {
	return decided("default", session, func(eventlog.Head) ([]kyc.Event, error) {
		return []kyc.Event{note("never")}, errRefused
	})
}

func panicking(session string) eventlog.Request {
	return decided("default", session, func(eventlog.Head) ([]kyc.Event, error) { panic(panicValue) })
}

// unknown is an event that no codec knows.
type unknown struct{ kyc.Event }

// alone appends r between two others and checks that these are all there is.
func alone(ctx context.Context, env *Env, r eventlog.Request, check func(eventlog.Receipt, error) error) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if err := appendAll(ctx, s, write("default", "a", "before")); err != nil {
		return err
	}
	if err := check(s.Append(ctx, r)); err != nil {
		return err
	}
	receipt, err := s.Append(ctx, write("default", "a", "after"))
	return errors.Join(err, same("receipt of the next", receipt, eventlog.Receipt{Position: 2, Version: 2, Last: 2}),
		says(ctx, s, "before", "after"))
}

func failingDecision(ctx context.Context, env *Env) error {
	return alone(ctx, env, refusing("a"), func(r eventlog.Receipt, err error) error {
		return errors.Join(same("receipt", r, eventlog.Receipt{}),
			holds(err == errRefused, "got the error %v, wanted the decision's as it is", err))
	})
}

func panickingDecision(ctx context.Context, env *Env) error {
	return alone(ctx, env, panicking("a"), hidesPanic)
}

func hidesPanic(r eventlog.Receipt, err error) error {
	return errors.Join(same("receipt", r, eventlog.Receipt{}),
		holds(err != nil, "a decision that panicked was answered without an error"),
		holds(!strings.Contains(fmt.Sprint(err), panicValue), "the error has the panic's value: %v", err))
}

func emptyDecision(ctx context.Context, env *Env) error {
	return alone(ctx, env, write("default", "a"), func(r eventlog.Receipt, err error) error {
		return errors.Join(err, same("receipt", r, eventlog.Receipt{}))
	})
}

func unknownEvent(ctx context.Context, env *Env) error {
	return alone(ctx, env, request("default", "a", note("never"), unknown{}), func(r eventlog.Receipt, err error) error {
		return errors.Join(same("receipt", r, eventlog.Receipt{}),
			holds(err != nil, "an event without a stored form was answered without an error"))
	})
}
