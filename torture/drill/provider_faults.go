package drill

import (
	"context"
	"fmt"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/application/eventlog"
	"dossier/torture/fault"
	"dossier/torture/verdict"
	"dossier/torture/world"
)

// addProvider adds what the provider's API may do.
func (s *scene) addProvider(all map[fault.Kind]injector) {
	all[fault.ProviderLags] = injector{
		func(_ context.Context, p fault.Planned) error { s.asked.FallBehind(lag(p)); return nil },
		func(context.Context, fault.Planned) error { s.asked.FallBehind(0); return nil },
	}
	all[fault.ProviderErrs] = injector{
		func(_ context.Context, p fault.Planned) error {
			faults := fakesynaps.Faults()
			s.asked.Break(faults[p.Jitter.Microseconds()%int64(len(faults))])
			return nil
		},
		func(context.Context, fault.Planned) error { s.asked.Break(fakesynaps.Fault{}); return nil },
	}
	all[fault.ProviderLies] = injector{
		func(_ context.Context, p fault.Planned) error {
			s.asked.Lies(world.LieOf(p.Jitter.Microseconds()))
			return nil
		},
		func(context.Context, fault.Planned) error { s.asked.Lies(world.Truth); return nil },
	}
}

// lag is how far the API is behind: between a second and nearly all that it is
// allowed.
func lag(p fault.Planned) time.Duration {
	most := world.Settling - 2*time.Second
	return time.Second + time.Duration(p.Jitter.Microseconds()*int64(time.Millisecond))%most
}

// restProvider lets the provider's sessions come to their ends.
func (s *scene) restProvider(ctx context.Context, report *Report) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.asked.Rest(limited); err != nil {
		report.Fallen = append(report.Fallen, err.Error())
	}
}

// settle waits until every session is as the provider has it: what an answer left
// open is asked for again. A session that was answered badly three times waits for
// five minutes.
func (s *scene) settle(ctx context.Context) {
	const limit = 6 * time.Minute
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		left, err := s.unsettled(limited)
		if err == nil && left == 0 {
			return
		}
		s.say("the end: %d sessions are not yet as the provider has them", left)
		if !eventlog.Pause(limited, time.Second) {
			return // the verdict says what is left
		}
	}
}

func (s *scene) unsettled(ctx context.Context) (sessions int, err error) {
	err = s.world.Query(ctx, func(q world.Querier) error {
		log, err := verdict.ReadAsked(ctx, q)
		if err != nil {
			return fmt.Errorf("read the provider's sessions: %w", err)
		}
		sessions = len(verdict.Settled(log, s.asked.History()).Faults)
		return nil
	})
	return sessions, err
}
