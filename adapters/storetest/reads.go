package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"

	"dossier/application/eventlog"
)

func readCases() []Case {
	return []Case{
		{"the log is read in pages", readPages},
		{"the log is read on from an event that it has", readBehind},
		{"a stream is read in pages", readStreamPages},
		{"one event is read by its position", readOne},
	}
}

// sample fills the log with the notes 1 to 20, in streams of two apps.
func sample(ctx context.Context, env *Env) (*running, []eventlog.Recorded, error) {
	s, err := env.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i := 1; i <= 20; i++ {
		r := write([]string{"a", "b"}[i%2], fmt.Sprint(i%3), fmt.Sprint(i))
		if err := appendAll(ctx, s, r); err != nil {
			return nil, nil, err
		}
	}
	events, err := history(ctx, s)
	return s, events, err
}

// page is what a read of a page should return.
func page(events []eventlog.Recorded, after int64, limit int, position func(eventlog.Recorded) int64) []eventlog.Recorded {
	var wanted []eventlog.Recorded
	for _, e := range events {
		if position(e) > after && len(wanted) < limit {
			wanted = append(wanted, e)
		}
	}
	return wanted
}

func readPages(ctx context.Context, env *Env) error {
	s, events, err := sample(ctx, env)
	if err != nil {
		return err
	}
	for _, after := range []int64{-1, 0, 1, 10, 19, 20, 21, math.MaxInt64} {
		for _, limit := range []int{0, 1, 2, 19, 20, 21, 1_000_000} {
			got, failed := s.ReadAll(ctx, after, limit)
			wanted := page(events, after, limit, func(e eventlog.Recorded) int64 { return e.Position })
			err = errors.Join(err, failed, same(fmt.Sprintf("%d after %d", limit, after), got, wanted))
		}
	}
	return err
}

// readBehind: of the places that the log does not have, one has another event,
// and one is beyond the head.
func readBehind(ctx context.Context, env *Env) error {
	s, events, err := sample(ctx, env)
	if err != nil {
		return err
	}
	for _, after := range []int64{0, 1, 10, 19, 20} {
		at := eventlog.Place{Position: after}
		if after > 0 {
			at.EventID = events[after-1].EventID
		}
		for _, limit := range []int{0, 1, 19, 1000} {
			got, failed := s.ReadBehind(ctx, at, limit)
			wanted := page(events, after, limit, func(e eventlog.Recorded) int64 { return e.Position })
			err = errors.Join(err, failed, same(fmt.Sprintf("%d behind event %d", limit, after), got, wanted))
		}
	}
	for _, at := range []eventlog.Place{{Position: 10, EventID: events[10].EventID}, {Position: 21, EventID: events[10].EventID}} {
		for _, limit := range []int{0, 5} {
			got, failed := s.ReadBehind(ctx, at, limit)
			err = errors.Join(err, holds(errors.Is(failed, eventlog.ErrOtherHistory) && len(got) == 0,
				"%d behind an event that is not at %d: %d events, %v", limit, at.Position, len(got), failed))
		}
	}
	return err
}

func readStreamPages(ctx context.Context, env *Env) error {
	s, events, err := sample(ctx, env)
	if err != nil {
		return err
	}
	inStream := map[eventlog.Stream][]eventlog.Recorded{
		stream("a", "3"): nil, stream("c", "0"): nil, stream("a", ""): nil, stream("", "0"): nil, {}: nil,
	}
	for _, e := range events {
		inStream[e.Stream] = append(inStream[e.Stream], e)
	}
	for stream, events := range inStream {
		for _, after := range []int64{-1, 0, 1, 2, 3, 4, math.MaxInt64} {
			for _, limit := range []int{0, 1, 2, 100} {
				got, failed := s.ReadStream(ctx, stream, after, limit)
				wanted := page(events, after, limit, func(e eventlog.Recorded) int64 { return e.Version })
				err = errors.Join(err, failed, same(fmt.Sprintf("%d of stream %s after %d", limit, stream.Key(), after), got, wanted))
			}
		}
	}
	return err
}

func readOne(ctx context.Context, env *Env) error {
	s, events, err := sample(ctx, env)
	if err != nil {
		return err
	}
	for _, e := range events {
		got, failed := s.ReadOne(ctx, e.Position)
		err = errors.Join(err, failed, same("one event", got, e))
	}
	for _, position := range []int64{math.MinInt64, -1, 0, int64(len(events)) + 1, math.MaxInt64} {
		_, missing := s.ReadOne(ctx, position)
		err = errors.Join(err, fails(fmt.Sprint("read at ", position), missing, eventlog.ErrNotFound))
	}
	return err
}
