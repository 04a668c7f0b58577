package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// ErrRestless: webhooks of the session kept coming while it was asked for. What
// they told counts; try again later.
var ErrRestless = errors.New("the session kept changing while the provider was asked")

// snapshotTries is how often a snapshot is fetched for one reconciliation.
const snapshotTries = 5

// historyPage is how many events of a session are read at a time.
const historyPage = 500

// ReconcileSession records what the provider's API shows of a session, and what
// follows from it.
type ReconcileSession struct {
	log      eventlog.Appender
	events   streamReader
	provider overviewer
	machine  *kyc.Machine
	rules    kyc.RuleBook
	settling time.Duration
	now      func() time.Time
}

type streamReader interface {
	ReadStream(ctx context.Context, s eventlog.Stream, afterVersion int64, limit int) ([]eventlog.Recorded, error)
}

type overviewer interface {
	Overview(ctx context.Context, app kyc.App, session kyc.SessionID, kind kyc.Kind) (kyc.Snapshot, error)
}

// NewReconcileSession returns the command over a log and a provider whose API
// does not lag behind its webhooks.
func NewReconcileSession(log eventlog.Appender, events streamReader, provider overviewer, machine *kyc.Machine, rules kyc.RuleBook) ReconcileSession {
	return ReconcileSession{log: log, events: events, provider: provider, machine: machine, rules: rules, now: time.Now}
}

// Lagging returns the command over a provider whose API lags behind its webhooks
// by up to a settling time, and a clock.
func (c ReconcileSession) Lagging(settling time.Duration, now func() time.Time) ReconcileSession {
	c.settling, c.now = settling, now
	return c
}

// Reconciled says what became of a reconciliation.
type Reconciled struct {
	Unknown     bool  // the provider knows no such session
	Recorded    bool  // false: that it is unknown was recorded before, and nothing else is
	Position    int64 // of the observation
	Version     int64 // of the observation
	Last        int64 // of the last event
	Differences int   // changes that were recorded
	Settled     int   // flags that were resolved
	// Contradicts is the position of an event that the provider's API may only lag
	// behind: the snapshot was recorded, and nothing follows from it yet. Else 0.
	Contradicts int64
	// AskAgain is when the provider is to be asked again; zero if it need not be. A
	// [reconcile.Follower] does that.
	AskAgain time.Time
}

// errMoved: the session has moved on since the provider was asked.
var errMoved = errors.New("the session has moved on")

// Handle asks the provider and appends what differs. A snapshot counts only if
// the session has not moved since before it was asked for; else it is fetched
// again, so nothing that came meanwhile is overwritten by an older answer. A
// session that neither we nor the provider know is not recorded. Actor is who
// asked for it, or [kyc.ReconciledBy]. It returns ErrRestless, or an error of
// reconcile.Provider or [eventlog.Appender].
func (c ReconcileSession) Handle(ctx context.Context, stream eventlog.Stream, actor string) (Reconciled, error) {
	for range snapshotTries {
		done, err := c.try(ctx, stream, actor)
		if !errors.Is(err, errMoved) {
			return done, err
		}
	}
	return Reconciled{}, ErrRestless
}

func (c ReconcileSession) try(ctx context.Context, stream eventlog.Stream, actor string) (done Reconciled, err error) {
	known, told, err := c.fold(ctx, stream)
	if err != nil {
		return done, fmt.Errorf("read the session: %w", err)
	}
	decider := kyc.Decider{Machine: c.machine, Rules: c.rules.For(stream.App)}
	question := kyc.Question{At: c.now(), Settling: c.settling}
	snapshot, err := c.provider.Overview(ctx, stream.App, stream.Session, known.Kind(decider.Rules))
	if err != nil {
		return done, fmt.Errorf("ask for the session: %w", err)
	}
	done.Unknown = snapshot.Unknown
	if known.Version() == 0 && snapshot.Unknown || len(decider.Settle(known, told, snapshot, question)) == 0 {
		return done, nil
	}
	receipt, err := c.log.Append(ctx, eventlog.Request{
		Stream: stream, Metadata: eventlog.Metadata{Actor: actor},
		Decide: func(h eventlog.Head) ([]kyc.Event, error) {
			if h.Session.Version() != known.Version() {
				return nil, errMoved
			}
			events := decider.Settle(h.Session, told, snapshot, question)
			done.tell(events)
			return events, nil
		},
	})
	if err != nil {
		return Reconciled{}, err
	}
	done.Recorded, done.Position, done.Version, done.Last = true, receipt.Position, receipt.Version, receipt.Last
	return done, nil
}

func (c ReconcileSession) fold(ctx context.Context, stream eventlog.Stream) (session *kyc.Session, told kyc.Told, err error) {
	session = kyc.NewSession()
	for {
		events, err := c.events.ReadStream(ctx, stream, session.Version(), historyPage)
		if err != nil {
			return nil, told, err
		}
		for _, e := range events {
			told.Note(session, e.Event, e.Mark())
			session.Apply(e.Event, e.Mark())
		}
		if len(events) < historyPage {
			return session, told, nil
		}
	}
}

// tell notes what the events of a snapshot say.
func (r *Reconciled) tell(events []kyc.Event) {
	r.Differences, r.Settled = count(events)
	if observed, ok := events[0].(kyc.SnapshotObserved); ok {
		r.Contradicts, r.AskAgain = observed.Contradicts, observed.AskAgain
	}
}

// count tells changes from resolutions.
func count(events []kyc.Event) (differences, settled int) {
	for _, e := range events {
		switch e.(type) {
		case kyc.StatusChanged, kyc.SessionReset:
			differences++
		case kyc.FlagResolved:
			settled++
		}
	}
	return differences, settled
}
