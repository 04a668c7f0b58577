package reconcile

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"dossier/application/command"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// GroupName is the consumer group of the events under which the place is kept. No
// group of subscribers can have such a name.
const GroupName = "dossier/reconciler"

const (
	defaultQuiet   = 5 * time.Second
	defaultWorkers = 4
	defaultPage    = 1000
)

// Log is read for sessions that need a look.
type Log interface {
	ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error)
}

// Follower has sessions reconciled that webhooks may have left wrong. A group
// that is new starts at the head of the log: what is older is left to the sweep.
type Follower struct {
	Log    Log
	Groups consumer.Holds
	// Holder names this follower among all that there are, in all processes, for
	// as long as it lives: a random text, new at each start.
	Holder   string
	Knows    func(kyc.App) bool // see [Provider]
	Sessions Sessions           // not metered
	Sweep    *Sweep             // nil: none
	// SessionRef is what log lines have instead of a session id.
	SessionRef func(kyc.App, kyc.SessionID) string
	Meter      Meter
	Logger     *slog.Logger

	Now    func() time.Time // nil: the time of day
	Jitter func() float64   // in [0, 1), spreads waits; nil: random
	// Quiet is how long after its last doubtful event a session is asked for; 0: 5 s.
	Quiet   time.Duration
	Workers int // how many sessions are asked for at a time; 0: 4
	Page    int // how many events are read at a time; 0: 1000
	// Waits are how long a session waits that failed for the first time, the second
	// and so on. When it fails after the last of them it is given up. None: see
	// [DefaultWaits].
	Waits []time.Duration
}

// DefaultWaits make four attempts in about six minutes.
func DefaultWaits() []time.Duration {
	return []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}
}

// Run follows the log until ctx ends, and then returns nil. Faults are logged and
// tried again. It returns an error only if it must not go on:
// [consumer.ErrBeyondHead].
func (f *Follower) Run(ctx context.Context) error {
	keeper := f.keeper()
	err := keeper.Run(ctx, func(ctx context.Context, at *consumer.Place) error {
		return consumer.Both(ctx,
			func(ctx context.Context) error { return f.follow(ctx, keeper, at) },
			func(ctx context.Context) error { return f.sweep(ctx, keeper) })
	})
	if err != nil {
		return fmt.Errorf("reconciler: %w", err)
	}
	return nil
}

func (f *Follower) keeper() *consumer.Keeper {
	return &consumer.Keeper{
		ID: consumer.ID{Topic: eventlog.Topic, Name: GroupName}, Start: consumer.End(), Groups: f.Groups, Holder: f.Holder,
		What: "reconciler", Logger: f.Logger, Now: f.Now, Jitter: f.Jitter,
	}
}

func (f *Follower) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

func (f *Follower) quiet() time.Duration {
	if f.Quiet > 0 {
		return f.Quiet
	}
	return defaultQuiet
}

func (f *Follower) waits() []time.Duration {
	if len(f.Waits) > 0 {
		return f.Waits
	}
	return DefaultWaits()
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// pressed puts the brake on, and logs that once.
func (f *Follower) pressed(b *brake, err error, spread func(time.Duration) time.Duration) {
	if b.press(err, f.now(), spread) {
		f.Logger.Warn("reconciliation fails, and goes on slowly", "error", err)
	}
}

// released releases the brake, and logs that if it was on.
func (f *Follower) released(b *brake) {
	if b.release() {
		f.Logger.Info("reconciliation goes on")
	}
}

// giveUp leaves a session to the sweep.
func (f *Follower) giveUp(c Cause, stream eventlog.Stream, err error) {
	f.Meter.Reconciled(c, GivenUp, 0, 0)
	f.Logger.Warn("a session could not be reconciled", "app", stream.App,
		"session_ref", f.SessionRef(stream.App, stream.Session), "error", err)
}

// These bound one attempt: a provider that neither answers nor fails must not hold
// a worker for ever. What is slow may wait longer for its part of the budget.
const (
	attemptLimit     = 2 * time.Minute
	slowAttemptLimit = 10 * time.Minute
)

// attempt reconciles a session once.
func attempt(ctx context.Context, limit time.Duration, s Metered, stream eventlog.Stream) (command.Reconciled, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return s.Handle(limited, stream, kyc.ReconciledBy)
}
