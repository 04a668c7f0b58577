package translog_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/translog"
)

// Head returns the position of the last event.
func (m *memory) Head(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.events)), nil
}

// ReadOne returns an event, or eventlog.ErrNotFound.
func (m *memory) ReadOne(ctx context.Context, position int64) (eventlog.Recorded, error) {
	page, err := m.ReadAll(ctx, position-1, 1)
	if err != nil || len(page) == 0 {
		return eventlog.Recorded{}, errors.Join(err, eventlog.ErrNotFound)
	}
	return page[0], nil
}

func TestALogThatIsNotSignedIsFoundOut(t *testing.T) {
	m := newMemory(3)
	s := sealer(m, newKey(t, "dossier-test"), &remembered{})
	standing := func() translog.Standing {
		t.Helper()
		read, err := translog.ReadStanding(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return read
	}
	soon, late := event(1).RecordedAt.Add(time.Second), event(1).RecordedAt.Add(time.Hour)
	if got := standing(); got.Head != 3 || got.Signed != 0 || !got.Since.Equal(event(1).RecordedAt) || !got.SignedAt.IsZero() {
		t.Errorf("never signed: %+v", got)
	}
	if err := standing().Check(soon); err != nil {
		t.Errorf("an event of a second ago: %v", err)
	}
	if err := standing().Check(late); !errors.Is(err, translog.ErrUnsigned) {
		t.Errorf("an event of an hour ago: %v", err)
	}
	if _, err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := standing(); got.Signed != 3 || !got.Since.IsZero() || got.SignedAt.IsZero() || got.Check(late) != nil {
		t.Errorf("signed up to the head: %+v", got)
	}
	m.grow(1)
	if got := standing(); got.Signed != 3 || !got.Since.Equal(event(4).RecordedAt) || got.Check(late) == nil {
		t.Errorf("one event behind: %+v, %v", got, got.Check(late))
	}
	m.events = m.events[:2]
	if err := standing().Check(soon); !errors.Is(err, translog.ErrUnsigned) {
		t.Errorf("a log that is shorter than what was signed: %v", err)
	}
}
