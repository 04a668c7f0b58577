package drill

import (
	"context"
	"time"

	"dossier/adapters/postgres/pgcluster"
	"dossier/torture/fault"
	"dossier/torture/world"
)

func (s *scene) addPostgres(all map[fault.Kind]injector, db *world.Postgres) {
	start := func(ctx context.Context, _ fault.Planned) error { return db.Mend(ctx) }
	all[fault.DatabaseRestarted] = injector{func(ctx context.Context, _ fault.Planned) error {
		if err := db.Primary.Resume(); err != nil { // a frozen one does not end
			return err
		}
		return db.Primary.Stop(ctx, pgcluster.Immediate)
	}, start}
	all[fault.DatabaseKilled] = injector{func(context.Context, fault.Planned) error { return db.Primary.Kill() }, start}
	all[fault.DatabaseFrozen] = injector{
		func(context.Context, fault.Planned) error { return db.Primary.Pause() },
		func(context.Context, fault.Planned) error { return db.Primary.Resume() },
	}
	all[fault.SessionsTerminated] = injector{func(ctx context.Context, _ fault.Planned) error {
		return unlessLate(ctx, func(ctx context.Context) error { return db.Primary.Exec(ctx, "postgres", terminate) })
	}, nil}
	if db.Disk != nil && db.Standbys == 0 {
		all[fault.DiskFull] = injector{
			func(context.Context, fault.Planned) error { return db.FillDisk() },
			func(ctx context.Context, _ fault.Planned) error { return db.EmptyDisk(ctx) },
		}
	}
	addConnections(all, db)
	if db.Standbys > 0 {
		addStandby(all, db)
	}
}

const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE datname = 'dossier' AND pid <> pg_backend_pid()`

// addConnections adds the faults of what is between a server and its database.
func addConnections(all map[fault.Kind]injector, db *world.Postgres) {
	all[fault.CommitUnanswered] = injector{func(ctx context.Context, p fault.Planned) error {
		return unlessLate(ctx, db.Proxies[p.Victim].LoseAnswer)
	}, nil}
	all[fault.CommitUnsent] = injector{func(ctx context.Context, p fault.Planned) error {
		return unlessLate(ctx, db.Proxies[p.Victim].LoseDemand)
	}, nil}
	all[fault.ConnectionsReset] = injector{func(_ context.Context, p fault.Planned) error {
		db.Proxies[p.Victim].Reset()
		return nil
	}, nil}
	all[fault.ConnectionsStalled] = injector{
		func(_ context.Context, p fault.Planned) error { db.Proxies[p.Victim].Stall(); return nil },
		func(_ context.Context, p fault.Planned) error { db.Proxies[p.Victim].Flow(); return nil },
	}
}

// addStandby adds the faults of a primary and its standby. The two faults of a
// pair may both be of them: then there may be no standby for the second.
func addStandby(all map[fault.Kind]injector, db *world.Postgres) {
	all[fault.StandbyAway] = injector{
		func(context.Context, fault.Planned) error {
			if db.Standby == nil || !db.Standby.Running() {
				return errNoOccasion
			}
			return db.Standby.Pause()
		},
		func(context.Context, fault.Planned) error {
			if db.Standby == nil || !db.Standby.Running() {
				return nil
			}
			return db.Standby.Resume()
		},
	}
	failOver := func(ctx context.Context, _ fault.Planned) error {
		if db.Standby == nil {
			return errNoOccasion
		}
		return db.FailOver(ctx)
	}
	all[fault.FailedOver] = injector{failOver, func(ctx context.Context, _ fault.Planned) error {
		if db.Standby != nil {
			return nil
		}
		return db.AddStandby(ctx)
	}}
	kind := fault.FailedOverBehind
	if db.Async {
		kind = fault.FailedOverWithLoss
	}
	all[kind] = injector{
		func(ctx context.Context, _ fault.Planned) error {
			if db.Standby == nil {
				return errNoOccasion
			}
			return db.StopStandby(ctx)
		},
		func(ctx context.Context, _ fault.Planned) error {
			if db.Standby != nil {
				if err := db.FailOver(ctx); err != nil {
					return err
				}
			}
			return db.AddStandby(ctx)
		},
	}
}

// unlessLate waits for a fault that needs traffic, or the database, which the other
// fault of a pair may keep away. What is late is left to end by itself: to cancel a
// statement the driver asks the server, and does not come back from one that is
// frozen before that is over.
func unlessLate(ctx context.Context, do func(context.Context) error) error {
	const limit = 5 * time.Second
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(limited) }()
	select {
	case err := <-done:
		if err != nil && ctx.Err() == nil {
			return errNoOccasion
		}
	case <-limited.Done():
		if ctx.Err() == nil {
			return errNoOccasion
		}
	}
	return ctx.Err()
}
