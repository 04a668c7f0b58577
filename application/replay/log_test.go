package replay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"dossier/application/replay"
	"dossier/domain/kyc"
)

// memory is a log in memory. The data of a row is the index of its event.
type memory struct {
	rows   []replay.Row
	events []kyc.Event
	fault  error // of every read
	reads  int
}

func (m *memory) add(stream string, event kyc.Event) {
	version := int64(1)
	for _, r := range m.rows {
		if r.Stream == stream {
			version++
		}
	}
	n := len(m.rows)
	m.rows = append(m.rows, replay.Row{
		Position: int64(n) + 1, Stream: stream, Version: version, Type: fmt.Sprintf("%T", event), Data: fmt.Sprint(n),
		RecordedAt: time.Unix(int64(n), 0),
	})
	m.events = append(m.events, event)
}

// Head implements replay.Log.
func (m *memory) Head(context.Context) (int64, error) { return int64(len(m.rows)), nil }

// ReadRows implements replay.Log.
func (m *memory) ReadRows(ctx context.Context, app kyc.App, after, through int64) (page []replay.Row, err error) {
	m.reads++
	for _, r := range m.rows {
		if r.Position > after && r.Position <= through && (app == "" || strings.HasPrefix(r.Stream, string(app)+"/")) {
			page = append(page, r)
		}
	}
	return page, errors.Join(m.fault, ctx.Err())
}

var errUndecodable = errors.New("it can't be decoded")

func (m *memory) decode(_, data string) (kyc.Event, error) {
	var i int
	if _, err := fmt.Sscan(data, &i); err != nil {
		return nil, errUndecodable
	}
	return m.events[i], nil
}

func (m *memory) fold() replay.Fold { return replay.Fold{Log: m, Decode: m.decode} }

func moved(to kyc.Status, cause kyc.Cause) kyc.Event {
	return kyc.StatusChanged{StepID: "1", To: to, Cause: cause}
}

// small is a log of two sessions, one of which has a flag that is raised at
// position 2 and dismissed at position 5.
func small() *memory {
	m := &memory{}
	m.add("a/one", moved(kyc.PendingVerification, kyc.CauseReported))
	m.add("a/one", kyc.TransitionFlagged{Violation: kyc.Regression, Severity: kyc.SeverityHigh, From: kyc.Approved})
	m.add("b/two", kyc.StatusRepeated{CompanyForm: true})
	m.add("b/two", kyc.WebhookDiscarded{})
	m.add("a/one", kyc.FlagResolved{Flag: 2, Resolution: kyc.ResolvedDismiss})
	m.add("a/one", moved(kyc.Approved, kyc.CauseHealed))
	m.add("b/two", kyc.ContractViolated{Violation: kyc.MissingReason, Severity: kyc.SeverityLow})
	m.add("b/two", kyc.SessionReset{Cycle: 2, Cause: kyc.CauseOverride})
	return m
}

func TestALogThatIsNotWholeIsNotCounted(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*memory)
		want  error
		says  string
	}{
		"a hole":                     {func(m *memory) { m.rows = append(m.rows[:2], m.rows[3:]...) }, replay.ErrNotWhole, "position 4 follows 2"},
		"the first is missing":       {func(m *memory) { m.rows = m.rows[1:] }, replay.ErrNotWhole, "position 2 follows 0"},
		"the last is missing":        {func(m *memory) { m.rows = m.rows[:7] }, replay.ErrNotWhole, "no position 8"},
		"a position twice":           {func(m *memory) { m.rows[3].Position = 3 }, replay.ErrNotWhole, "position 3 follows 3"},
		"a version is missing":       {func(m *memory) { m.rows[4].Version = 4 }, replay.ErrNotWhole, "position 5 has version 4 of its stream, which is at 2"},
		"a foreign event":            {func(m *memory) { m.rows[7].Stream = "a/secret" }, replay.ErrNotWhole, "position 8 has version 4 of its stream, which is at 0"},
		"a flag that never was":      {func(m *memory) { m.events[1] = kyc.WebhookDiscarded{} }, replay.ErrNotWhole, "position 5 resolves a flag at 2"},
		"a flag that is closed":      {func(m *memory) { m.events[5] = m.events[4] }, replay.ErrNotWhole, "position 6 resolves a flag at 2"},
		"an event that is no such":   {func(m *memory) { m.rows[2].Data = "secret" }, errUndecodable, "event at position 3"},
		"a database that goes away":  {func(m *memory) { m.fault = context.DeadlineExceeded }, context.DeadlineExceeded, ""},
		"the flag of another stream": {func(m *memory) { m.events[3] = m.events[4]; m.events[4] = kyc.WebhookDiscarded{} }, replay.ErrNotWhole, "position 4 resolves"},
	} {
		t.Run(name, func(t *testing.T) {
			m := small()
			c.spoil(m)
			totals, err := m.fold().Run(t.Context(), 1, 8)
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) || totals.Events != 0 {
				t.Errorf("%d events, %v, want %v", totals.Events, err, c.says)
			}
			if strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("the error repeats what is stored: %v", err)
			}
		})
	}
}

func TestAFoldEndsWithItsContext(t *testing.T) {
	m := &memory{}
	for range 3 * 5000 {
		m.rows = append(m.rows, replay.Row{Position: int64(len(m.rows)) + 1, Stream: "a/one", Version: int64(len(m.rows)) + 1, Data: "0"})
	}
	m.events = []kyc.Event{kyc.WebhookDiscarded{}}
	ctx, cancel := context.WithCancel(t.Context())
	fold := m.fold()
	fold.Progress = func(int64) { cancel() } // after the first page
	if _, err := fold.Run(ctx, 1, int64(len(m.rows))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
