package relay

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

const (
	defaultLanes = 32
	defaultPage  = 1000
)

// Log is read for a relay.
type Log interface {
	ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error)
	ReadFiltered(ctx context.Context, f eventlog.Filter, after int64, limit int) (events []eventlog.Recorded, scanned int64, err error)
	ReadOne(ctx context.Context, position int64) (eventlog.Recorded, error)
}

// Filter picks the events that a relay sends. The zero value picks all.
type Filter struct {
	App   kyc.App  // empty: all
	Types []string // none: all
}

// inLog is the part of the filter that the log can apply.
func (f Filter) inLog() eventlog.Filter {
	filter := eventlog.Filter{App: f.App}
	if len(f.Types) == 1 {
		filter.Type = f.Types[0]
	}
	return filter
}

// picks is the part that is left.
func (f Filter) picks(e eventlog.Recorded) bool {
	return len(f.Types) == 0 || slices.Contains(f.Types, e.Type)
}

// Outcome is what became of a message.
type Outcome struct{ name string }

// The outcomes. A message that fails may be published later.
var (
	Published = Outcome{"published"} // the broker has stored it, or the receiver accepted it
	Failed    = Outcome{"failed"}    // an attempt failed
	Postponed = Outcome{"deferred"}  // it was stored, to be tried again
	Parked    = Outcome{"parked"}    // it waits for a person
	// Republished messages were known to the broker, which did not have them any
	// more: they are Published too.
	Republished = Outcome{"republished"}
)

// String returns the name, empty for the zero value.
func (o Outcome) String() string { return o.name }

// Meter observes relays. It must be safe for concurrent use.
type Meter interface {
	// Relayed reports that something became of n messages.
	Relayed(relay string, o Outcome, n int)
}

// Feed is what relays to brokers and to receivers have in common.
type Feed struct {
	Name     string // of the relay; see [consumer.CheckName]
	Log      Log
	Grown    eventlog.Signal // the log grew
	Groups   consumer.Holds
	Envelope Envelope
	Filter   Filter
	Start    consumer.Start // for a name that was never used
	// Holder names this relay among all that there are, in all processes, for as
	// long as it lives: a random text, new at each start.
	Holder string
	Meter  Meter
	Logger *slog.Logger

	Now    func() time.Time // nil: the time of day
	Jitter func() float64   // in [0, 1), spreads waits; nil: random
	Lanes  int              // how many sessions are sent at a time; 0: 32
	Page   int              // how many events are read at a time; 0: 1000, for receivers 250
}

// Repeated notes that the broker claimed to have a message, and had not: it was
// published again.
func (f *Feed) Repeated(m Message) {
	f.Meter.Relayed(f.Name, Republished, 1)
	f.Logger.Warn("the broker knew a message and had lost it, it was published again",
		"relay", f.Name, "position", m.Event.Position, "event_id", m.Event.EventID)
}

func (f *Feed) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

// spread changes a wait by up to a fifth, so that not all come back at once.
func (f *Feed) spread(d time.Duration) time.Duration { return f.keeper().Spread(d) }

func (f *Feed) lanes() int { return orDefault(f.Lanes, defaultLanes) }

func (f *Feed) page() int { return orDefault(f.Page, defaultPage) }

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}
