package projection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// SessionsName is the name of the read model of sessions and their steps.
const SessionsName = "sessions"

// sessionsSchema is raised when the tables' content is made in another way.
const sessionsSchema = 1

// Session is one row of the sessions: the folded state, and what the rules of
// its app make of it.
type Session struct {
	Stream eventlog.Stream
	Kind   kyc.Kind
	Status kyc.Overall
	State  kyc.State
}

// StepRow is one row of the steps.
type StepRow struct {
	Stream eventlog.Stream
	Track  kyc.Track
}

// NewSession returns what a read model shows of a session. Replay and read
// model share it, so their answers can't differ.
func NewSession(stream eventlog.Stream, s *kyc.Session, rules kyc.Rules) Session {
	return Session{Stream: stream, Kind: s.Kind(rules), Status: s.Overall(rules), State: s.State()}
}

// Sessions projects the log onto sessions and steps.
type Sessions struct{ rules kyc.RuleBook }

// NewSessions returns the projection under the rules of each app.
func NewSessions(rules kyc.RuleBook) Sessions { return Sessions{rules} }

// Name implements [Projection].
func (Sessions) Name() string { return SessionsName }

// Version implements [Projection]. The rows depend on the rules: other pinned
// kinds or required services make other rows.
func (p Sessions) Version() string {
	hash := sha256.New()
	describe := func(app kyc.App, r kyc.Rules) {
		fmt.Fprintf(hash, "%q %s %q\n", app, r.Pinned, r.Required)
	}
	describe("", p.rules.Default)
	apps := make([]kyc.App, 0, len(p.rules.Apps))
	for app := range p.rules.Apps {
		apps = append(apps, app)
	}
	slices.Sort(apps)
	for _, app := range apps {
		describe(app, p.rules.Apps[app])
	}
	return fmt.Sprintf("%d-%s", sessionsSchema, hex.EncodeToString(hash.Sum(nil)[:8]))
}

// Fold implements [Projection].
func (p Sessions) Fold(ctx context.Context, tx Tx, events []eventlog.Recorded) error {
	streams := streamsOf(events)
	before, err := tx.LoadSessions(ctx, streams)
	if err != nil {
		return fmt.Errorf("load sessions: %w", err)
	}
	folded := make(map[eventlog.Stream]*kyc.Session, len(streams))
	for _, stream := range streams {
		if state, ok := before[stream]; ok {
			folded[stream] = kyc.RestoreSession(state)
		} else {
			folded[stream] = kyc.NewSession()
		}
	}
	for _, e := range events {
		folded[e.Stream].Apply(e.Event, e.Mark())
	}
	sessions := make([]Session, 0, len(streams))
	var steps []StepRow
	for _, stream := range streams {
		row := NewSession(stream, folded[stream], p.rules.For(stream.App))
		sessions = append(sessions, row)
		steps = appendChanged(steps, stream, before[stream].Steps, row.State.Steps)
	}
	if err := tx.SaveSessions(ctx, sessions, steps); err != nil {
		return fmt.Errorf("save sessions: %w", err)
	}
	return nil
}

// streamsOf returns the streams of a page, each once.
func streamsOf(events []eventlog.Recorded) []eventlog.Stream {
	seen := make(map[eventlog.Stream]bool, len(events))
	var streams []eventlog.Stream
	for _, e := range events {
		if !seen[e.Stream] {
			seen[e.Stream] = true
			streams = append(streams, e.Stream)
		}
	}
	return streams
}

// appendChanged adds the steps that differ from what they were. Steps are
// never removed and keep their order.
func appendChanged(rows []StepRow, stream eventlog.Stream, before, after []kyc.Track) []StepRow {
	for i, track := range after {
		if i >= len(before) || before[i] != track {
			rows = append(rows, StepRow{Stream: stream, Track: track})
		}
	}
	return rows
}
