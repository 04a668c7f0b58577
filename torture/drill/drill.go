// Package drill tortures one database: traffic, faults by a schedule, and the
// check at the end.
package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"dossier/application/eventlog"
	"dossier/torture/fault"
	"dossier/torture/traffic"
	"dossier/torture/witness"
	"dossier/torture/world"
)

// SubscriberCommand is the argument that makes the program a subscriber.
const SubscriberCommand = "subscriber"

// Config is one drill.
type Config struct {
	Name     string // of the database, for people
	Seed     uint64
	Database world.Database
	Program  string
	Clock    bool // the binary's clock can be stepped
	Servers  int
	Clients  int
	Rate     float64
	Faults   int           // at most
	Duration time.Duration // of the faults, at most; 0: no limit
	Kinds    []fault.Kind  // empty: all that can be done
	Folder   string
	Out      io.Writer
	Verbose  bool
}

// patience is how long the service may take to come back after a fault, and
// everything to be finished at the end.
const patience = 90 * time.Second

// askedRate is how many webhooks a second the provider sends whose API is asked.
const askedRate = 8

var errNoOccasion = errors.New("no occasion")

// Run makes the drill. An error means that it could not be made; what did not
// hold is in the report.
func Run(ctx context.Context, c Config) (Report, error) {
	if err := world.MakeFolder(c.Folder); err != nil {
		return Report{}, err
	}
	s := &scene{config: c}
	s.say = func(format string, args ...any) {
		if c.Verbose {
			fmt.Fprintf(c.Out, time.Now().Format("15:04:05.000 ")+format+"\n", args...)
		}
	}
	report := Report{Name: c.Name, Seed: c.Seed, Folder: c.Folder, Faults: map[fault.Kind]int{}}
	if err := s.open(ctx); err != nil {
		return report, err
	}
	began := time.Now()
	err := s.torture(ctx, &report)
	report.Silence = s.traffic.Silence()
	report.Lasted = time.Since(began)
	if err == nil {
		err = s.conclude(ctx, &report)
	}
	return report, errors.Join(err, s.close())
}

// open starts everything.
func (s *scene) open(ctx context.Context) (err error) {
	c := s.config
	if s.broker, err = world.OpenBroker(ctx, c.Folder); err != nil {
		return err
	}
	if s.asked, err = world.OpenProvider(c.Seed, askedRate); err != nil {
		return errors.Join(err, s.broker.Close())
	}
	s.world, err = world.Open(ctx, world.Config{
		Folder: c.Folder, Program: c.Program, Servers: c.Servers, Database: c.Database,
		Extra: append(s.asked.Variables(), "DOSSIER_RELAY="+s.broker.URL()),
	})
	if err != nil {
		return errors.Join(err, s.broker.Close(), s.asked.Close())
	}
	if err := s.world.Exec(ctx, witness.SeenTable); err != nil {
		return errors.Join(err, s.world.Close())
	}
	if s.firm, err = witness.OpenReceiver(); err == nil {
		err = s.world.RelayTo(s.firm.URL())
	}
	if err != nil {
		return errors.Join(err, s.world.Close())
	}
	if s.reader, err = openReader(c.Folder, s.world.Database.URLOf(0)); err != nil {
		return errors.Join(err, s.world.Close())
	}
	s.stream = witness.OpenStream(s.world.URLs(), world.Token)
	streaming, stop := context.WithCancel(ctx)
	s.stop = stop
	s.behind.Go(func() { s.stream.Run(streaming) })
	s.traffic, err = traffic.Start(ctx, traffic.Config{
		Seed: c.Seed, Clients: c.Clients, Rate: c.Rate, Servers: s.world.URLs(), Secret: world.Secret,
		File: filepath.Join(c.Folder, "attempts.jsonl"),
	})
	if err == nil {
		s.asked.Live(s.traffic.Courier(string(world.ProviderApp), world.ProviderSecret))
	}
	return err
}

func (s *scene) close() error {
	s.stop()
	s.reader.Close()
	s.behind.Wait()
	return errors.Join(s.asked.Close(), s.world.Close(), s.broker.Close(), s.firm.Close())
}

// torture injects faults, round by round.
func (s *scene) torture(ctx context.Context, report *Report) error {
	all := s.injectors()
	kinds := s.config.Kinds
	if len(kinds) == 0 {
		kinds = slices.Sorted(maps.Keys(all))
	}
	for _, kind := range kinds {
		if _, known := all[kind]; !known {
			return fmt.Errorf("%q can't be done to %s here", kind, s.config.Name)
		}
	}
	begun := time.Now()
	over := func() bool { return s.config.Duration > 0 && time.Since(begun) > s.config.Duration }
	if err := s.awaitService(ctx, report, fault.Round{}); err != nil {
		return err
	}
	for round := range fault.Schedule(s.config.Seed, kinds, len(s.world.Servers)) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if report.Total() >= s.config.Faults || over() || len(report.Fallen) > 0 {
			return nil
		}
		eventlog.Pause(ctx, round.Pause)
		if err := s.round(ctx, all, round, report); err != nil {
			return fmt.Errorf("round %d: %w", round.Number, err)
		}
	}
	return nil
}

// round injects the faults of a round at once, undoes each when its time is
// over, and waits for the service.
func (s *scene) round(ctx context.Context, all map[fault.Kind]injector, r fault.Round, report *Report) error {
	type held struct {
		planned fault.Planned
		until   time.Time
	}
	var holding []held
	for _, p := range r.Faults {
		s.say("round %d: %s, server %d, for %v", r.Number, p.Kind, p.Victim+1, p.Hold.Round(time.Millisecond))
		err := inject(ctx, all[p.Kind], p)
		switch {
		case errors.Is(err, errNoOccasion):
			report.Missed++
		case err != nil && len(r.Faults) == 1:
			return fmt.Errorf("%s: %w", p.Kind, err)
		case err != nil:
			s.say("round %d: %s: %v", r.Number, p.Kind, err)
			report.Missed++
		default:
			report.Faults[p.Kind]++
		}
		holding = append(holding, held{p, time.Now().Add(p.Hold)})
	}
	if len(r.Faults) > 1 {
		report.Pairs++
	}
	slices.SortFunc(holding, func(a, b held) int { return a.until.Compare(b.until) })
	for _, h := range holding {
		eventlog.Pause(ctx, time.Until(h.until))
		if heal := all[h.planned.Kind].heal; heal != nil {
			if err := heal(ctx, h.planned); err != nil {
				return fmt.Errorf("end of %s: %w", h.planned.Kind, err)
			}
		}
	}
	return s.awaitService(ctx, report, r)
}

// inject does a fault. It may wait for what the other fault of a pair keeps away,
// which ends only after it: so it has a bound.
func inject(ctx context.Context, i injector, p fault.Planned) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return i.inject(limited, p)
}

// awaitService returns when each server has acknowledged a webhook again.
func (s *scene) awaitService(ctx context.Context, report *Report, r fault.Round) error {
	begun := time.Now()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for i, server := range s.world.Servers {
		if err := s.traffic.AwaitService(limited, i); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			report.Fallen = append(report.Fallen, fmt.Sprintf(
				"%s acknowledges nothing %v after round %d (%s)", server.Name, patience, r.Number, r))
			return nil
		}
	}
	took := time.Since(begun)
	s.say("round %d: served again after %v", r.Number, took.Round(time.Millisecond))
	if took > report.Recovery {
		report.Recovery, report.Slowest = took, r.String()
	}
	return nil
}
