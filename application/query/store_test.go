package query_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

var errAway = errors.New("the database is away")

func stream() eventlog.Stream { return eventlog.Stream{App: "default", Session: "s"} }

// dawn is when the first event of a log is recorded.
func dawn() time.Time { return time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC) }

// fake is a log and its read models. What they answer is set by each test.
type fake struct {
	mu          sync.Mutex
	events      []eventlog.Recorded
	checkpoints map[string]int64
	sessions    []projection.Session // newest first
	flags       []projection.Flag    // newest first
	counts      []projection.Stat
	reasons     []projection.Stat // most frequent first
	fault       error
	pages       int // how many pages of streams were read
	below       int64
	grown       eventlog.Broadcast
	advanced    eventlog.Broadcast
}

func (f *fake) reads() *query.Reads {
	return query.New(query.Sources{Models: f, Log: f, Grown: &f.grown, Advanced: &f.advanced})
}

// record appends submissions of one stream, a second apart.
func (f *fake) record(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		i := len(f.events)
		f.events = append(f.events, eventlog.Recorded{
			Position: int64(i) + 1, EventID: fmt.Sprintf("e%d", i+1), Stream: stream(), Version: int64(i) + 1, Type: "kyc.status_changed.v1",
			RecordedAt: dawn().Add(time.Duration(i) * time.Second),
			Event: kyc.StatusChanged{
				StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification,
				From: kyc.PendingVerification, To: kyc.PendingVerification, Cause: kyc.CauseReported,
			},
		})
	}
}

// advance moves a checkpoint without telling anyone.
func (f *fake) advance(name string, to int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.checkpoints == nil {
		f.checkpoints = map[string]int64{}
	}
	f.checkpoints[name] = to
}

func (f *fake) Checkpoint(_ context.Context, name string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.checkpoints[name], f.fault
}

func (f *fake) Head(context.Context) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.events)), f.fault
}

func (f *fake) FindSession(_ context.Context, s eventlog.Stream) (projection.Session, bool, error) {
	for _, row := range f.sessions {
		if row.Stream == s {
			return row, true, nil
		}
	}
	return projection.Session{}, false, nil
}

func (f *fake) ListSessions(_ context.Context, _ query.SessionFilter, below int64, limit int) ([]projection.Session, error) {
	f.below = below
	return f.sessions[:min(limit, len(f.sessions))], nil
}

func (f *fake) ListFlags(_ context.Context, _ query.FlagFilter, below int64, limit int) ([]projection.Flag, error) {
	f.below = below
	return f.flags[:min(limit, len(f.flags))], nil
}

func (f *fake) SumStats(_ context.Context, _ query.StatsFilter, reasons int) (counts, top []projection.Stat, err error) {
	return f.counts, f.reasons[:min(reasons, len(f.reasons))], nil
}

func (f *fake) ReadAll(context.Context, int64, int) ([]eventlog.Recorded, error) {
	return nil, fmt.Errorf("no query reads all")
}

func (f *fake) ReadBehind(context.Context, eventlog.Place, int) ([]eventlog.Recorded, error) {
	return nil, fmt.Errorf("no query reads behind a place")
}

func (f *fake) ReadFiltered(_ context.Context, _ eventlog.Filter, after int64, limit int) ([]eventlog.Recorded, int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page := f.events[after:min(after+int64(limit), int64(len(f.events)))]
	return page, after + int64(len(page)), f.fault
}

func (f *fake) ReadStream(_ context.Context, s eventlog.Stream, after int64, limit int) ([]eventlog.Recorded, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages++
	if s != stream() || after >= int64(len(f.events)) {
		return nil, nil
	}
	return f.events[after:min(after+int64(limit), int64(len(f.events)))], nil
}

func (f *fake) ReadOne(context.Context, int64) (eventlog.Recorded, error) {
	return eventlog.Recorded{}, eventlog.ErrNotFound
}
