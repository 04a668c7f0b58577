package httpapi_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// store is a log and its read models in memory. Appends are projected at once
// unless it is told to lag.
type store struct {
	mu       sync.Mutex
	events   []eventlog.Recorded
	sessions map[eventlog.Stream]projection.Session
	flags    map[int64]projection.Flag
	stats    map[projection.StatKey]int64
	waiting  []projection.Waiting
	seen     map[string]int64
	lagging  bool
	scans    int   // how many events a filtered read looks at; 0: all
	fault    error // what every call returns, if set
	asked    int   // how often the log was
	paged    int   // how often for a page
	panics   string
	now      time.Time
	grown    eventlog.Broadcast
	advanced eventlog.Broadcast
}

func newStore() *store {
	s := &store{}
	s.reset()
	return s
}

// reset empties the store.
func (s *store) reset() {
	s.events, s.seen, s.lagging = nil, map[string]int64{}, false
	s.stats, s.waiting = map[projection.StatKey]int64{}, nil
	s.sessions, s.flags = map[eventlog.Stream]projection.Session{}, map[int64]projection.Flag{}
	s.now = time.Date(2026, 3, 1, 6, 0, 0, 250_000, time.UTC)
}

// append records events of a stream, one a second.
func (s *store) append(stream eventlog.Stream, events ...kyc.Event) eventlog.Receipt {
	s.mu.Lock()
	receipt := eventlog.Receipt{Position: int64(len(s.events)) + 1, Version: s.version(stream) + 1}
	for _, e := range events {
		s.now = s.now.Add(time.Second)
		position := int64(len(s.events)) + 1
		s.events = append(s.events, eventlog.Recorded{
			Position: position, EventID: fmt.Sprintf("019c13e5-2b40-7c11-9a3f-%012d", position),
			Stream: stream, Version: s.version(stream) + 1, Type: typeOf(e),
			Data: `{"fake":true}`, Metadata: `{}`, RecordedAt: s.now, Event: e,
		})
	}
	receipt.Last = int64(len(s.events))
	lagging := s.lagging
	s.mu.Unlock()
	s.grown.Notify()
	if !lagging {
		s.project()
	}
	return receipt
}

func typeOf(e kyc.Event) string {
	switch e.(type) {
	case kyc.StatusChanged:
		return "kyc.status_changed.v1"
	case kyc.TransitionFlagged:
		return "kyc.transition_flagged.v1"
	default:
		return "kyc.other.v1"
	}
}

func (s *store) version(stream eventlog.Stream) (version int64) {
	for _, e := range s.events {
		if e.Stream == stream {
			version = e.Version
		}
	}
	return version
}

// project catches the read models up with the log.
func (s *store) project() {
	s.mu.Lock()
	for _, p := range []projection.Projection{projection.NewSessions(kyc.RuleBook{}), projection.Flags{}, projection.NewStats()} {
		if err := p.Fold(context.Background(), tx{s}, s.events[s.seen[p.Name()]:]); err != nil {
			panic(err)
		}
		s.seen[p.Name()] = int64(len(s.events))
	}
	s.mu.Unlock()
	s.advanced.Notify()
}

// Append implements eventlog.Appender.
func (s *store) Append(_ context.Context, r eventlog.Request) (eventlog.Receipt, error) {
	if s.fault != nil {
		return eventlog.Receipt{}, s.fault
	}
	session := kyc.NewSession()
	for _, e := range s.events {
		if e.Stream == r.Stream {
			session.Apply(e.Event, e.Mark())
		}
	}
	events, err := r.Decide(eventlog.Head{Session: session, Now: s.now})
	if err != nil {
		return eventlog.Receipt{}, err
	}
	return s.append(r.Stream, events...), nil
}

func (s *store) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	events, _, err := s.ReadFiltered(ctx, eventlog.Filter{}, after, limit)
	return events, err
}

func (s *store) ReadBehind(ctx context.Context, at eventlog.Place, limit int) ([]eventlog.Recorded, error) {
	s.mu.Lock()
	lost := at.EventID != "" && (at.Position > int64(len(s.events)) || s.events[at.Position-1].EventID != at.EventID)
	s.mu.Unlock()
	if lost {
		return nil, eventlog.ErrOtherHistory
	}
	return s.ReadAll(ctx, at.Position, limit)
}

func (s *store) ReadFiltered(_ context.Context, f eventlog.Filter, after int64, limit int) (events []eventlog.Recorded, scanned int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.paged++
	scanned = after
	for _, e := range s.events[min(after, int64(len(s.events))):] {
		if len(events) == limit || s.scans > 0 && scanned-after == int64(s.scans) {
			break
		}
		scanned = e.Position
		if (f.App == "" || e.Stream.App == f.App) && (f.Type == "" || e.Type == f.Type) {
			events = append(events, e)
		}
	}
	return events, scanned, s.fault
}

func (s *store) ReadStream(_ context.Context, stream eventlog.Stream, after int64, limit int) (events []eventlog.Recorded, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Stream == stream && e.Version > after && len(events) < limit {
			events = append(events, e)
		}
	}
	return events, s.fault
}

func (s *store) ReadOne(_ context.Context, position int64) (eventlog.Recorded, error) {
	if position > int64(len(s.events)) {
		return eventlog.Recorded{}, eventlog.ErrNotFound
	}
	return s.events[position-1], s.fault
}

func (s *store) Head(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return int64(len(s.events)), s.fault
}

func (s *store) Checkpoint(_ context.Context, name string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[name], s.fault
}

func (s *store) FindSession(_ context.Context, stream eventlog.Stream) (projection.Session, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.panics != "" {
		panic(s.panics)
	}
	row, found := s.sessions[stream]
	return row, found, s.fault
}

func (s *store) ListSessions(_ context.Context, f query.SessionFilter, below int64, limit int) ([]projection.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := slices.DeleteFunc(slices.Collect(maps.Values(s.sessions)), func(r projection.Session) bool {
		return r.State.Position >= below || !picks(f, r)
	})
	slices.SortFunc(rows, func(a, b projection.Session) int { return cmp.Compare(b.State.Position, a.State.Position) })
	return rows[:min(limit, len(rows))], s.fault
}

func picks(f query.SessionFilter, r projection.Session) bool {
	service := func(t kyc.Track) bool { return t.Service == f.Service }
	return (f.App == "" || r.Stream.App == f.App) &&
		(f.Status == kyc.Overall{} || r.Status == f.Status) &&
		(f.Kind == kyc.Kind{} || r.Kind == f.Kind) &&
		(f.Service == "" || slices.ContainsFunc(r.State.Steps, service)) &&
		(f.Flagged == nil || *f.Flagged == (len(r.State.Flags) > 0)) &&
		(f.UpdatedAfter.IsZero() || r.State.UpdatedAt.After(f.UpdatedAfter)) &&
		(f.UpdatedBefore.IsZero() || r.State.UpdatedAt.Before(f.UpdatedBefore))
}

func (s *store) ListFlags(_ context.Context, f query.FlagFilter, below int64, limit int) ([]projection.Flag, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := slices.DeleteFunc(slices.Collect(maps.Values(s.flags)), func(r projection.Flag) bool {
		return r.Position >= below ||
			f.State != projection.FlagState{} && r.State != f.State ||
			f.Closed && r.State == projection.FlagOpen ||
			f.App != "" && r.Stream.App != f.App ||
			f.Violation != kyc.Violation{} && r.Violation != f.Violation ||
			f.Severity != kyc.Severity{} && r.Severity != f.Severity
	})
	slices.SortFunc(rows, func(a, b projection.Flag) int { return cmp.Compare(b.Position, a.Position) })
	return rows[:min(limit, len(rows))], s.fault
}

// tx lets the real projections write to the store.
type tx struct{ *store }

func (tx) Before() string { return "" }
func (tx) Build() int64   { return 0 }

func (t tx) LoadSessions(_ context.Context, streams []eventlog.Stream) (map[eventlog.Stream]kyc.State, error) {
	states := map[eventlog.Stream]kyc.State{}
	for _, stream := range streams {
		if row, ok := t.sessions[stream]; ok {
			states[stream] = row.State
		}
	}
	return states, nil
}

func (t tx) SaveSessions(_ context.Context, sessions []projection.Session, _ []projection.StepRow) error {
	for _, row := range sessions {
		t.sessions[row.Stream] = row
	}
	return nil
}

func (t tx) LoadFlags(context.Context, []int64) (map[int64]projection.Flag, error) {
	return t.flags, nil
}

func (t tx) SaveFlags(_ context.Context, flags []projection.Flag) error {
	for _, f := range flags {
		t.flags[f.Position] = f
	}
	return nil
}
