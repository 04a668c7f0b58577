package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

func deferredCases() []Case {
	return []Case{
		{"messages are deferred together with the move of the relay, or not at all", defersWithMove},
		{"the first deferred message of each session is due, the longest due first", dueFirst},
		{"a message that a clock which was ahead has put off is due", dueAhead},
		{"a message that was accepted makes way for the next of its session", makesWay},
		{"an attempt counts once and changes no other message", attemptOnce},
		{"parked messages are listed and replayed", parking},
		{"relays know nothing of each other's deferred messages", otherRelays},
	}
}

// waiting is a deferred message of a session that is due so many minutes after
// noon; at 0 it is parked.
func waiting(position int64, session string, minutes int) relay.Deferred {
	d := relay.Deferred{Position: position, Stream: stream("default", session), Attempts: 1, Since: noon, Reason: "answered 500"}
	if minutes > 0 {
		d.Due = noon.Add(time.Duration(minutes) * time.Minute)
	}
	return d
}

// shelf is the deferred messages of a store, with relays that it holds.
func shelf(ctx context.Context, env *Env, relays ...string) ([]*running, relay.DeferredStore, error) {
	_, stores, err := env.atNoon(ctx, 2, 9)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range relays {
		err = errors.Join(err, claimed(ctx, stores[0].Groups(), claim(consumer.RelayName(name), "me", consumer.Beginning()), 0))
	}
	return stores, stores[0].Deferrals(), err
}

// settle defers messages of a relay.
func settle(ctx context.Context, d relay.Deferrals, name string, from, to int64, deferred ...relay.Deferred) error {
	return d.Settle(ctx, shift(consumer.RelayName(name), "me", from, to), deferred)
}

// longestWait is how long a message waits at most, in minutes.
const longestWait = 60

// due checks which messages are due at so many minutes after noon.
func due(ctx context.Context, d relay.Retries, name string, minutes, limit int, wanted ...relay.Deferred) error {
	now := noon.Add(time.Duration(minutes) * time.Minute)
	got, err := d.Due(ctx, name, now, now.Add(longestWait*time.Minute), limit)
	return errors.Join(err, same(fmt.Sprintf("due after %d minutes, at most %d", minutes, limit), got, wanted))
}

// blocked checks which of the sessions a to d have deferred messages.
func blocked(ctx context.Context, d relay.Deferrals, name string, wanted ...string) error {
	streams := []eventlog.Stream{}
	for _, session := range []string{"a", "b", "c", "d", "it's"} {
		streams = append(streams, stream("default", session), stream("other", session))
	}
	got, err := d.Blocked(ctx, name, streams)
	found := map[eventlog.Stream]bool{}
	for _, s := range got {
		found[s] = true
	}
	for _, session := range wanted {
		err = errors.Join(err, holds(found[stream("default", session)], "the session %s of %s is not blocked", session, name))
	}
	return errors.Join(err, holds(len(got) == len(wanted), "%d sessions of %s are blocked, wanted %v", len(got), name, wanted))
}

func defersWithMove(ctx context.Context, env *Env) error {
	stores, d, err := shelf(ctx, env, "r")
	if err != nil {
		return err
	}
	first, second, third := waiting(1, "a", 1), waiting(2, "b", 1), waiting(4, "c", 1)
	err = errors.Join(
		due(ctx, d, "r", 9, 9), blocked(ctx, d, "r"),
		settle(ctx, d, "r", 0, 2, first, second),
		fails("a move from elsewhere", settle(ctx, d, "r", 0, 5, third), consumer.ErrLost),
		fails("a move by another", d.Settle(ctx, shift(consumer.RelayName("r"), "you", 2, 5), []relay.Deferred{third}), consumer.ErrLost),
		fails("a move of no relay", settle(ctx, d, "none", 0, 5, third), consumer.ErrLost),
		due(ctx, d, "r", 9, 9, first, second),
		settle(ctx, d, "r", 2, 3), // nothing to defer
	)
	// What is deferred stays as it is when it is deferred again.
	changed := first
	changed.Reason, changed.Attempts, changed.Due = "changed", 5, time.Time{}
	return errors.Join(err, settle(ctx, d, "r", 3, 5, changed, third),
		due(ctx, stores[1].Deferrals(), "r", 9, 9, first, second, third),
		claimed(ctx, stores[1].Groups(), claim(consumer.RelayName("r"), "me", consumer.Beginning()), 5))
}

func dueFirst(ctx context.Context, env *Env) error {
	_, d, err := shelf(ctx, env, "r")
	if err != nil {
		return err
	}
	a, b, c, odd := waiting(1, "a", 7), waiting(2, "b", 0), waiting(6, "c", 2), waiting(7, "it's", 2)
	behindA, behindB := waiting(3, "a", 1), waiting(4, "b", 1)
	behindA.Attempts, behindA.Reason = 0, ""
	return errors.Join(
		settle(ctx, d, "r", 0, 9, a, b, behindA, behindB, c, odd),
		due(ctx, d, "r", 1, 9), // those behind others don't count
		due(ctx, d, "r", 2, 9, c, odd),
		due(ctx, d, "r", 2, 1, c),
		due(ctx, d, "r", 9, 9, c, odd, a),
		due(ctx, d, "r", 9, 0),
		blocked(ctx, d, "r", "a", "b", "c", "it's"),
	)
}

func dueAhead(ctx context.Context, env *Env) error {
	_, d, err := shelf(ctx, env, "r")
	if err != nil {
		return err
	}
	longest, ahead, behind, late := waiting(1, "a", longestWait+1), waiting(2, "b", 24*60), waiting(4, "b", 24*60), waiting(3, "c", 1)
	return errors.Join(
		settle(ctx, d, "r", 0, 4, longest, ahead, late, behind),
		due(ctx, d, "r", 0, 9, longest, ahead),
		due(ctx, d, "r", 1, 9, late, ahead), // the longest wait may be meant
		due(ctx, d, "r", 1, 1, late),
		due(ctx, d, "r", 24*60-longestWait, 9, late, longest), // and so it may here
		due(ctx, d, "r", 24*60, 9, late, longest, ahead),
	)
}

func makesWay(ctx context.Context, env *Env) error {
	stores, d, err := shelf(ctx, env, "r")
	if err != nil {
		return err
	}
	first, second, other := waiting(1, "a", 1), waiting(3, "a", 0), waiting(2, "b", 1)
	if err := settle(ctx, d, "r", 0, 3, first, other, second); err != nil {
		return err
	}
	next, found, err := d.Accepted(ctx, "r", first)
	err = errors.Join(err, holds(found, "nothing is left of the session"), same("the next of the session", next, second),
		due(ctx, d, "r", 9, 9, other), blocked(ctx, d, "r", "a", "b"))
	next, found, again := stores[1].Deferrals().Accepted(ctx, "r", first) // as after a crash
	err = errors.Join(err, again, holds(found, "nothing is left of the session"), same("the next of the session", next, second))
	_, found, last := d.Accepted(ctx, "r", second)
	return errors.Join(err, last, holds(!found, "something is left of the session"),
		due(ctx, d, "r", 9, 9, other), blocked(ctx, d, "r", "b"))
}

func attemptOnce(ctx context.Context, env *Env) error {
	_, d, err := shelf(ctx, env, "r")
	if err != nil {
		return err
	}
	a, b := waiting(1, "a", 1), waiting(2, "b", 1)
	again := waiting(1, "a", 5)
	again.Attempts, again.Reason = 2, "no answer: it's away"
	other := waiting(1, "a", 7) // of another process, which did not see the attempt
	other.Attempts = 2
	err = errors.Join(
		settle(ctx, d, "r", 0, 2, a, b),
		d.Refused(ctx, "r", again), d.Refused(ctx, "r", other),
		due(ctx, d, "r", 9, 9, b, again),
	)
	parked := waiting(1, "a", 0)
	parked.Attempts = 3
	gone := waiting(5, "e", 5)
	err = errors.Join(err, d.Refused(ctx, "r", parked), d.Refused(ctx, "r", gone), due(ctx, d, "r", 9, 9, b))
	all, listed := d.Parked(ctx, "r", 0, 9)
	return errors.Join(err, listed, same("parked", all, []relay.Deferred{parked}))
}

func parking(ctx context.Context, env *Env) error {
	stores, d, err := shelf(ctx, env, "r")
	if err != nil {
		return err
	}
	a, b, c, tried := waiting(1, "a", 0), waiting(3, "b", 0), waiting(5, "c", 0), waiting(2, "d", 5)
	parked := func(after int64, limit int, wanted ...relay.Deferred) error {
		all, err := stores[1].Deferrals().Parked(ctx, "r", after, limit)
		return errors.Join(err, same(fmt.Sprintf("parked after %d, at most %d", after, limit), all, wanted))
	}
	replayed := func(n int, err error, wanted int) error {
		return errors.Join(err, holds(n == wanted, "%d were replayed, wanted %d", n, wanted))
	}
	err = errors.Join(
		settle(ctx, d, "r", 0, 9, a, b, c, tried),
		parked(0, 9, a, b, c), parked(0, 2, a, b), parked(3, 9, c), parked(5, 9),
		due(ctx, d, "r", 1, 9),
	)
	n, failed := d.Replay(ctx, "r", []int64{2, 3, 4, 99}) // one of which is parked
	err = errors.Join(err, replayed(n, failed, 1))
	n, failed = d.Replay(ctx, "r", nil)
	b.Attempts, b.Due = 0, noon
	err = errors.Join(err, replayed(n, failed, 0), parked(0, 9, a, c), due(ctx, d, "r", 1, 9, b))
	n, failed = d.ReplayAll(ctx, "r")
	a.Attempts, a.Due, c.Attempts, c.Due = 0, noon, 0, noon
	err = errors.Join(err, replayed(n, failed, 2), parked(0, 9), due(ctx, d, "r", 1, 9, a, b, c))
	n, failed = d.ReplayAll(ctx, "r")
	return errors.Join(err, replayed(n, failed, 0))
}

func otherRelays(ctx context.Context, env *Env) error {
	_, d, err := shelf(ctx, env, "r", "s", "t")
	if err != nil {
		return err
	}
	ofR, parkedR, ofS := waiting(1, "a", 1), waiting(2, "b", 0), waiting(1, "a", 2)
	backlogs := func(wanted ...relay.Backlog) error {
		all, err := d.Backlogs(ctx)
		return errors.Join(err, same("backlogs", all, wanted))
	}
	err = errors.Join(
		backlogs(),
		settle(ctx, d, "s", 0, 1, ofS), settle(ctx, d, "r", 0, 2, ofR, parkedR), settle(ctx, d, "t", 0, 1),
		due(ctx, d, "r", 9, 9, ofR), due(ctx, d, "s", 9, 9, ofS), due(ctx, d, "t", 9, 9),
		blocked(ctx, d, "r", "a", "b"), blocked(ctx, d, "s", "a"), blocked(ctx, d, "t"),
		backlogs(relay.Backlog{Relay: "r", Waiting: 1, Parked: 1}, relay.Backlog{Relay: "s", Waiting: 1}),
	)
	_, found, accepted := d.Accepted(ctx, "s", ofS)
	n, replayed := d.ReplayAll(ctx, "s")
	return errors.Join(err, accepted, replayed, holds(!found && n == 0, "another relay's message was found"),
		due(ctx, d, "r", 9, 9, ofR), backlogs(relay.Backlog{Relay: "r", Waiting: 1, Parked: 1}))
}
