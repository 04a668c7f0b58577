package drill

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"dossier/application/eventlog"
	"dossier/torture/fault"
	"dossier/torture/witness"
	"dossier/torture/world"
)

// injector does one kind of fault, and undoes it.
type injector struct {
	inject func(ctx context.Context, p fault.Planned) error
	heal   func(ctx context.Context, p fault.Planned) error // nil: it is over by itself
}

// injectors are those that can be done in a scene.
func (s *scene) injectors() map[fault.Kind]injector {
	all := map[fault.Kind]injector{
		fault.ServerKilled:           {s.running(s.killServer), s.letStart},
		fault.ServerKilledInShutdown: {s.running(s.killInShutdown), s.letStart},
		fault.ServerKilledInStart:    {s.killInStart, s.letStart},
		fault.ServerKilledInSeal:     {s.running(s.killInSeal), s.letStart},
		fault.ServerFrozen:           {s.running(s.freeze), s.thaw},
		fault.ServerRestarted:        {s.running(s.restart), nil},
		fault.RebuildKilled:          {s.killRebuild, nil},
		fault.MigrationKilled:        {s.killMigration, nil},
		fault.SubscriberKilled:       {s.killSubscriber, nil},
		fault.StreamCut:              {func(context.Context, fault.Planned) error { s.stream.Cut(); return nil }, nil},
	}
	s.addProvider(all)
	all[fault.RelayKilled] = injector{
		func(ctx context.Context, _ fault.Planned) error {
			if !s.world.Relay.Running() {
				return errNoOccasion
			}
			return s.world.Relay.Kill(ctx)
		}, nil,
	}
	all[fault.ReceiverAway] = injector{
		func(_ context.Context, p fault.Planned) error {
			s.firm.Behave(witness.MannerOf(p.Jitter.Microseconds()))
			return nil
		},
		func(context.Context, fault.Planned) error { s.firm.Behave(witness.Accepting); return nil },
	}
	if s.config.Clock {
		all[fault.ClockStepped] = injector{
			func(_ context.Context, p fault.Planned) error { return s.victim(p).StepClock(step(p)) },
			func(_ context.Context, p fault.Planned) error { return s.victim(p).StepClock(0) },
		}
	}
	var again func() error // starts the broker's node
	all[fault.BrokerLeaderKilled] = injector{
		func(ctx context.Context, _ fault.Planned) (err error) {
			again = nil
			if again, err = s.broker.KillLeader(ctx); err != nil {
				return errNoOccasion // there is no leader now
			}
			return nil
		},
		func(context.Context, fault.Planned) error {
			if again == nil {
				return nil
			}
			return again()
		},
	}
	switch db := s.world.Database.(type) {
	case *world.SQLite:
		if db.Disk != nil {
			all[fault.DiskFull] = injector{
				func(context.Context, fault.Planned) error { return db.Disk.Fill() },
				func(context.Context, fault.Planned) error { return db.Disk.Empty() },
			}
		}
	case *world.Postgres:
		s.addPostgres(all, db)
	}
	return all
}

// running does a fault to a server that has a process: the other fault of the pair
// may have ended it.
func (s *scene) running(do func(context.Context, fault.Planned) error) func(context.Context, fault.Planned) error {
	return func(ctx context.Context, p fault.Planned) error {
		if !s.victim(p).Running() {
			return errNoOccasion
		}
		return do(ctx, p)
	}
}

// killSubscriber kills the subscriber's process once it has begun: it may have been
// killed a moment ago.
func (s *scene) killSubscriber(ctx context.Context, _ fault.Planned) error {
	const limit, interval = 5 * time.Second, 20 * time.Millisecond
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		killed, err := s.reader.Kill()
		if killed || err != nil {
			return err
		}
		if !eventlog.Pause(limited, interval) {
			return errNoOccasion
		}
	}
}

func (s *scene) victim(p fault.Planned) *world.Server { return s.world.Servers[p.Victim] }

// step is how far a clock is stepped: some seconds, minutes or hours, forth or
// back.
func step(p fault.Planned) time.Duration {
	number := p.Jitter.Microseconds()
	by := []time.Duration{2 * time.Second, 90 * time.Second, 3 * time.Hour}[number%3]
	if number%2 == 0 {
		return -by
	}
	return by
}

func (s *scene) killServer(ctx context.Context, p fault.Planned) error {
	s.victim(p).Hold(true)
	return s.victim(p).Kill(ctx)
}

func (s *scene) letStart(_ context.Context, p fault.Planned) error {
	s.victim(p).Hold(false)
	return nil
}

// killInShutdown asks a server to end, and kills it on its way.
func (s *scene) killInShutdown(ctx context.Context, p fault.Planned) error {
	s.victim(p).Hold(true)
	if err := s.victim(p).Signal(syscall.SIGTERM); err != nil {
		return err
	}
	eventlog.Pause(ctx, p.Jitter/2)
	return s.victim(p).Kill(ctx)
}

// killInStart lets a server start and kills it before it can be ready.
func (s *scene) killInStart(ctx context.Context, p fault.Planned) error {
	if err := s.killServer(ctx, p); err != nil {
		return err
	}
	before := s.victim(p).Starts()
	s.victim(p).Hold(false)
	for s.victim(p).Starts() == before && eventlog.Pause(ctx, time.Millisecond) {
	}
	eventlog.Pause(ctx, p.Jitter*3)
	return s.killServer(ctx, p)
}

// killInSeal kills a server about when it signs the next checkpoint: a second
// after the last.
func (s *scene) killInSeal(ctx context.Context, p fault.Planned) error {
	if err := s.awaitSeal(ctx, s.victim(p)); err != nil {
		return errNoOccasion
	}
	eventlog.Pause(ctx, time.Second-20*time.Millisecond+p.Jitter)
	return s.killServer(ctx, p)
}

// freeze stops a server where it is.
func (s *scene) freeze(_ context.Context, p fault.Planned) error {
	s.victim(p).Hold(true)
	return s.victim(p).Signal(syscall.SIGSTOP)
}

func (s *scene) thaw(_ context.Context, p fault.Planned) error {
	defer s.victim(p).Hold(false)
	return s.victim(p).Signal(syscall.SIGCONT)
}

// restart ends a server as an administrator would.
func (s *scene) restart(ctx context.Context, p fault.Planned) error {
	return s.victim(p).Interrupt(ctx)
}

// killRebuild begins to build a read model anew, and kills that.
func (s *scene) killRebuild(ctx context.Context, p fault.Planned) error {
	cmd, err := s.world.Start(ctx, s.world.Database.URLOf(p.Victim), "rebuild")
	if err != nil {
		return err
	}
	eventlog.Pause(ctx, p.Jitter*8)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed, or had ended
	return nil
}

// killMigration makes another database, kills the process at it, and lets a
// second one finish.
func (s *scene) killMigration(ctx context.Context, p fault.Planned) error {
	var at string
	var remove func()
	if err := unlessLate(ctx, func(ctx context.Context) (err error) {
		at, remove, err = s.world.Another(ctx)
		return err
	}); err != nil {
		return err // the other fault of the pair is in the way
	}
	defer remove()
	cmd, err := s.world.Start(ctx, at, "migrate")
	if err != nil {
		return err
	}
	eventlog.Pause(ctx, p.Jitter*2)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed, or had ended
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		ran, err := s.world.CommandOn(limited, at, "migrate")
		if err == nil && ran.Code == 0 {
			return nil
		}
		if !eventlog.Pause(limited, time.Second) {
			return fmt.Errorf("a migration does not go on behind a killed one: %s %w", ran.Errors, limited.Err())
		}
	}
}
