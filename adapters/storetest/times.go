package storetest

import (
	"context"
	"errors"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func timeCases() []Case {
	return []Case{
		{"times are kept to the microsecond in UTC", exactTimes},
		{"a decision is told the time that is recorded", decisionTime},
		{"times do not run backwards when a clock does", backwards},
		{"times do not run backwards between stores", betweenStores},
	}
}

// exactTimes records a time that has too many digits, in another zone.
func exactTimes(ctx context.Context, env *Env) error {
	zone := time.FixedZone("somewhere", -(3*60+30)*60)
	now := newClock(noon.AddDate(-1, 0, 0))
	s, err := env.openAt(ctx, now.now)
	if err != nil {
		return err
	}
	for i, nanos := range []int{0, 1, 999, 1_000, 123_456_789, 999_999_999} {
		at := time.Date(2026, 2, 28+i, 23, 59, 59, nanos, zone)
		now.set(at)
		receipt, err := s.Append(ctx, write("default", "a", "1"))
		if err != nil {
			return err
		}
		e, err := s.ReadOne(ctx, receipt.Position)
		wanted := at.UTC().Truncate(time.Microsecond)
		if err := errors.Join(err, holds(e.RecordedAt.Equal(wanted), "recorded at %v, wanted %v", e.RecordedAt, wanted)); err != nil {
			return err
		}
	}
	return nil
}

func decisionTime(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	var told time.Time
	receipt, err := s.Append(ctx, decided("default", "a", func(h eventlog.Head) ([]kyc.Event, error) {
		told = h.Now
		return []kyc.Event{note("1"), note("2")}, nil
	}))
	if err != nil {
		return err
	}
	events, err := history(ctx, s)
	for _, e := range events {
		err = errors.Join(err, holds(e.RecordedAt.Equal(told), "the decision was told %v, recorded is %v", told, e.RecordedAt))
	}
	return errors.Join(err, holds(receipt.Last == 2, "the last position is %d", receipt.Last))
}

func backwards(ctx context.Context, env *Env) error {
	at := newClock(noon)
	s, err := env.openAt(ctx, at.now)
	if err != nil {
		return err
	}
	for _, minutes := range []int{0, -1, -60, 1, 0, 2} {
		at.set(noon.Add(time.Duration(minutes) * time.Minute))
		if err := appendAll(ctx, s, write("default", "a", "1")); err != nil {
			return err
		}
	}
	return recordedAt(ctx, s, 0, 0, 0, 1, 1, 2)
}

// betweenStores lets the clock of one process run behind that of another.
func betweenStores(ctx context.Context, env *Env) error {
	ahead, err := env.openAt(ctx, newClock(noon.Add(time.Minute)).now)
	if err != nil {
		return err
	}
	behind, err := env.openAt(ctx, newClock(noon).now)
	if err != nil {
		return err
	}
	for _, s := range []*running{behind, ahead, behind, ahead} {
		if err := appendAll(ctx, s, write("default", "a", "1")); err != nil {
			return err
		}
	}
	return recordedAt(ctx, behind, 0, 1, 1, 1)
}

// recordedAt checks the times of the whole log, in minutes after noon.
func recordedAt(ctx context.Context, log eventlog.Reader, wanted ...int) error {
	events, err := history(ctx, log)
	var got []int
	for _, e := range events {
		got = append(got, int(e.RecordedAt.Sub(noon)/time.Minute))
	}
	return errors.Join(err, same("minutes after noon", got, wanted))
}
