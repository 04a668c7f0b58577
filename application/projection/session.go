package projection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"dossier/application/eventlog"
	"dossier/application/recent"
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

// foldedSize is how many folded sessions a projection keeps at least.
const foldedSize = 8192

// Sessions projects the log onto sessions and steps. It belongs to one runner.
type Sessions struct {
	rules kyc.RuleBook
	// folded are the sessions as of a place: what a step folded the next one
	// need not load, unless another process has folded in between.
	folded recent.Cache[eventlog.Stream, *kyc.Session]
	place  place
}

// NewSessions returns the projection under the rules of each app.
func NewSessions(rules kyc.RuleBook) *Sessions {
	s := &Sessions{rules: rules}
	s.folded.Size = foldedSize
	return s
}

// Name implements [Projection].
func (*Sessions) Name() string { return SessionsName }

// Version implements [Projection]. The rows depend on the rules: other pinned
// kinds or required services make other rows. An app that is only named has the
// default rules, and changes nothing.
func (p *Sessions) Version() string {
	hash := sha256.New()
	standard := described(p.rules.Default)
	fmt.Fprintln(hash, standard)
	for _, app := range slices.Sorted(maps.Keys(p.rules.Apps)) {
		if own := described(p.rules.Apps[app]); own != standard {
			fmt.Fprintf(hash, "%q %s\n", app, own)
		}
	}
	return fmt.Sprintf("%d-%s", sessionsSchema, hex.EncodeToString(hash.Sum(nil)[:8]))
}

// described tells the rules that rows depend on.
func described(r kyc.Rules) string { return fmt.Sprintf("%s %q", r.Pinned, r.Required) }

// Fold implements [Projection].
func (p *Sessions) Fold(ctx context.Context, tx Tx, events []eventlog.Recorded) error {
	if !p.place.before(tx, events) {
		p.folded.Clear()
	}
	streams := streamsOf(events)
	if err := p.load(ctx, tx, streams); err != nil {
		return fmt.Errorf("load sessions: %w", err)
	}
	before := make(map[eventlog.Stream][]kyc.Track, len(streams))
	now := make(map[eventlog.Stream]*kyc.Session, len(streams))
	for _, stream := range streams {
		session, _ := p.folded.Get(stream)
		before[stream], now[stream] = session.State().Steps, session
	}
	for _, e := range events {
		now[e.Stream].Apply(e.Event, e.Mark())
	}
	p.place = after(tx, events)
	if err := p.save(ctx, tx, streams, before, now); err != nil {
		return fmt.Errorf("save sessions: %w", err)
	}
	return nil
}

// load makes sure that the streams' sessions are among the folded ones.
func (p *Sessions) load(ctx context.Context, tx Tx, streams []eventlog.Stream) error {
	var missing []eventlog.Stream
	for _, stream := range streams {
		if _, ok := p.folded.Get(stream); !ok {
			missing = append(missing, stream)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	states, err := tx.LoadSessions(ctx, missing)
	if err != nil {
		return err
	}
	for _, stream := range missing {
		session := kyc.NewSession()
		if state, ok := states[stream]; ok {
			session = kyc.RestoreSession(state)
		}
		p.folded.Put(stream, session)
	}
	return nil
}

func (p *Sessions) save(ctx context.Context, tx Tx, streams []eventlog.Stream, before map[eventlog.Stream][]kyc.Track, now map[eventlog.Stream]*kyc.Session) error {
	sessions := make([]Session, 0, len(streams))
	var steps []StepRow
	for _, stream := range streams {
		row := NewSession(stream, now[stream], p.rules.For(stream.App))
		sessions = append(sessions, row)
		steps = appendChanged(steps, stream, before[stream], row.State.Steps)
	}
	return tx.SaveSessions(ctx, sessions, steps)
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
