package reconcile

import (
	"context"
	"slices"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

const (
	defaultAfter    = 24 * time.Hour
	defaultInterval = time.Hour
	sweepPage       = 100
	// sweepTries is how often a session is tried while the API is away.
	sweepTries = 5
)

// Models is the read model of sessions.
type Models interface {
	// OldestSessions returns up to limit rows of a status whose position is above a
	// bound, in the order of their positions, which is that of their last changes.
	OldestSessions(ctx context.Context, status kyc.Overall, above int64, limit int) ([]projection.Session, error)
	// ListSessions returns up to limit rows that the filter picks whose position
	// is below a bound, the newest first.
	ListSessions(ctx context.Context, f query.SessionFilter, below int64, limit int) ([]projection.Session, error)
}

// Sweep has sessions reconciled that have not settled for long, from time to
// time. Each that stays so is asked for less and less often.
type Sweep struct {
	Models   Models
	Sessions Sessions // not metered; with a part of the budget that leaves room for others
	// After is how long a session has not changed, at least; 0: 24 h.
	After    time.Duration
	Interval time.Duration // between the beginnings of sweeps; 0: 1 h
}

// Unsettled returns the statuses of sessions of which more is to come.
func Unsettled() []kyc.Overall {
	return slices.DeleteFunc(kyc.Overalls(), func(o kyc.Overall) bool {
		return o == kyc.OverallApproved || o == kyc.OverallRejected
	})
}

// sweep sweeps until ctx ends.
func (f *Follower) sweep(ctx context.Context, keeper *consumer.Keeper) error {
	if f.Sweep == nil {
		return nil
	}
	s := &sweeping{Follower: f, keeper: keeper, sessions: Metered{f.Sweep.Sessions, Swept, f.Meter}}
	for {
		begun := f.now()
		if err := s.pass(ctx); err != nil {
			return err
		}
		eventlog.Wait(ctx, nil, keeper.Spread(f.Sweep.interval())-f.now().Sub(begun))
	}
}

func (s *Sweep) after() time.Duration {
	if s.After > 0 {
		return s.After
	}
	return defaultAfter
}

func (s *Sweep) interval() time.Duration {
	if s.Interval > 0 {
		return s.Interval
	}
	return defaultInterval
}

// sweeping is what a sweep knows while its process holds the place.
type sweeping struct {
	*Follower
	keeper   *consumer.Keeper
	sessions Metered
	brake    brake
}

// pass asks for every session that is due.
func (s *sweeping) pass(ctx context.Context) error {
	for _, status := range Unsettled() {
		if err := s.passStatus(ctx, status); err != nil {
			return err
		}
	}
	return s.passFlagged(ctx)
}

// passStatus goes from the oldest on, up to those that are too young. What it
// records of a session puts it among these.
func (s *sweeping) passStatus(ctx context.Context, status kyc.Overall) error {
	for above := int64(0); ; {
		page, err := s.list(ctx, func(ctx context.Context) ([]projection.Session, error) {
			return s.Sweep.Models.OldestSessions(ctx, status, above, sweepPage)
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, row := range page {
			if s.now().Sub(row.State.UpdatedAt) < s.Sweep.after() {
				return nil
			}
			if err := s.look(ctx, row); err != nil {
				return err
			}
			above = row.State.Position
		}
	}
}

// passFlagged looks at those that seem settled but for a flag.
func (s *sweeping) passFlagged(ctx context.Context) error {
	yes := true
	filter := query.SessionFilter{Flagged: &yes, UpdatedBefore: s.now().Add(-s.Sweep.after())}
	for below := int64(1<<63 - 1); ; {
		page, err := s.list(ctx, func(ctx context.Context) ([]projection.Session, error) {
			return s.Sweep.Models.ListSessions(ctx, filter, below, sweepPage)
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, row := range page {
			below = row.State.Position
			if slices.Contains(Unsettled(), row.Status) || !slices.ContainsFunc(row.State.Flags, settleable) {
				continue
			}
			if err := s.look(ctx, row); err != nil {
				return err
			}
		}
	}
}

// settleable says that a snapshot can resolve a flag.
func settleable(f kyc.Flag) bool {
	return f.Violation == kyc.Premature || f.Violation == kyc.AfterFinal || f.Violation == kyc.Regression
}

func (s *sweeping) list(ctx context.Context, read func(context.Context) ([]projection.Session, error)) (page []projection.Session, err error) {
	err = s.keeper.Insist(ctx, "read the sessions", func(ctx context.Context) (err error) {
		page, err = read(ctx)
		return err
	})
	return page, err
}

// due says whether it is time to ask for a session. Each time it stays as it is
// it must be twice as old the next time, so one that was abandoned makes a few
// snapshots, not one a day for ever.
func due(state kyc.State, now time.Time, after time.Duration) bool {
	return now.Sub(state.UpdatedAt) >= max(after, state.UpdatedAt.Sub(state.OpenedAt))
}

// look asks for a session if it is due. An outage is waited for, but not for ever
// at one session, whose fault it may be: the next sweep comes to it again.
func (s *sweeping) look(ctx context.Context, row projection.Session) error {
	if row.State.Unknown || !s.Knows(row.Stream.App) || !due(row.State, s.now(), s.Sweep.after()) {
		return nil
	}
	for tries := 1; ; tries++ {
		eventlog.Wait(ctx, nil, s.brake.until.Sub(s.now()))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		_, err := attempt(ctx, slowAttemptLimit, s.sessions, row.Stream)
		switch {
		case err == nil:
			s.released(&s.brake)
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		s.pressed(&s.brake, err, s.keeper.Spread)
		if !passing(err) || tries == sweepTries {
			s.giveUp(Swept, row.Stream, err)
			return nil
		}
	}
}
