package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func deliveryCases() []Case {
	return []Case{
		{"a delivery that comes again is answered like the first", comesAgain},
		{"a delivery that comes again is known after a reopen and in other stores", knownEverywhere},
		{"a delivery twice in one transaction is stored once", twiceAtOnce},
		{"a delivery to several stores at once is stored once", twiceInStores},
		{"a delivery whose append failed may come again", failedDelivery},
		{"an append without a delivery id is never a duplicate", withoutDelivery},
	}
}

// never is a decision that must not run, for the delivery is known.
func never(r eventlog.Request) eventlog.Request {
	r.Decide = func(eventlog.Head) ([]kyc.Event, error) {
		return nil, errors.New("a known delivery was decided again")
	}
	return r
}

// isDuplicate checks that a delivery is answered like its first time.
func isDuplicate(ctx context.Context, log eventlog.Appender, r eventlog.Request, first eventlog.Receipt) error {
	again, err := log.Append(ctx, never(r))
	first.Duplicate = true
	return errors.Join(err, same("receipt of a duplicate", again, first))
}

func comesAgain(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if err := appendAll(ctx, s, write("default", "a", "before")); err != nil {
		return err
	}
	r := delivered("evt_1", "bytes", write("default", "a", "1", "2"))
	first, err := s.Append(ctx, r)
	if err != nil {
		return err
	}
	if err := appendAll(ctx, s, write("default", "a", "after")); err != nil {
		return err
	}
	elsewhere := r
	elsewhere.Stream.Session = "b" // the id belongs to the app, not to the stream
	return errors.Join(
		same("receipt", first, eventlog.Receipt{Position: 2, Version: 2, Last: 3}),
		isDuplicate(ctx, s, r, first), isDuplicate(ctx, s, r, first), isDuplicate(ctx, s, elsewhere, first),
		says(ctx, s, "before", "1", "2", "after"))
}

func knownEverywhere(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	r := delivered("evt_1", "bytes", write("default", "a", "1"))
	first, err := stores[0].Append(ctx, r)
	if err != nil {
		return err
	}
	if err := errors.Join(isDuplicate(ctx, stores[1], r, first), stores[0].shut(), stores[1].shut()); err != nil {
		return err
	}
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(isDuplicate(ctx, s, r, first), says(ctx, s, "1"))
}

func twiceAtOnce(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	r := delivered("evt_1", "bytes", write("default", "a", "1", "2"))
	appends, err := s.together(ctx, r, never(r), write("default", "a", "3"), never(r))
	if err != nil {
		return err
	}
	again := eventlog.Receipt{Duplicate: true, Position: 2, Version: 1, Last: 3}
	return errors.Join(answered(appends[0], 2, 1, 3), answered(appends[2], 4, 3, 4),
		appends[1].err, same("second", appends[1].receipt, again),
		appends[3].err, same("third", appends[3].receipt, again),
		says(ctx, s, "first", "1", "2", "3"))
}

// twiceInStores sends each of many deliveries to every store at once.
func twiceInStores(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 3)
	if err != nil {
		return err
	}
	if _, err := stores[0].freeze(ctx, write("default", "first", "first")); err != nil {
		return err
	}
	defer stores[0].gate.open()
	const deliveries = 10
	var appends []*inFlight
	for i := range deliveries {
		for _, s := range stores {
			f, err := s.start(ctx, delivered(fmt.Sprint("evt_", i), "bytes", write("default", fmt.Sprint(i%3), "once")))
			if err != nil {
				return err
			}
			appends = append(appends, f)
		}
	}
	stores[0].gate.open()
	news, positions := 0, map[int64]bool{}
	for _, f := range appends {
		receipt, err := f.wait(ctx)
		if err != nil {
			return err
		}
		if !receipt.Duplicate {
			news++
		}
		positions[receipt.Position] = true
	}
	events, err := history(ctx, stores[0])
	return errors.Join(err,
		holds(news == deliveries && len(positions) == deliveries && len(events) == 1+deliveries,
			"of %d deliveries %d were new, at %d positions, and the log has %d events", deliveries, news, len(positions), len(events)))
}

// failedDelivery tries an id in every way that writes nothing.
func failedDelivery(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for _, r := range []eventlog.Request{
		refusing("a"), panicking("a"), write("default", "a"), request("default", "a", unknown{}), write("default", "a", "\xff"),
	} {
		receipt, _ := s.Append(ctx, delivered("evt_1", "bytes", r))
		if err := same("receipt of a failure", receipt, eventlog.Receipt{}); err != nil {
			return err
		}
	}
	receipt, err := s.Append(ctx, delivered("evt_1", "bytes", write("default", "a", "1")))
	return errors.Join(err, same("receipt", receipt, eventlog.Receipt{Position: 1, Version: 1, Last: 1}), says(ctx, s, "1"))
}

func withoutDelivery(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	r := write("default", "a", "1")
	r.Metadata = eventlog.Metadata{DeliveryID: "evt_1", RequestID: "req_1"} // what is recorded identifies nothing
	return errors.Join(appendAll(ctx, s, r, r), says(ctx, s, "1", "1"))
}
