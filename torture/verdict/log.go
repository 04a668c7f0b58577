package verdict

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"dossier/application/eventlog"
)

// Event is one event of the log, as far as it is looked at.
type Event struct {
	Position   int64
	Stream     string
	Version    int64
	EventID    string
	Type       string
	RecordedAt int64 // microseconds
	Clock      time.Time
	Data       string // of the sessions that the provider is asked for
	Delivery   string
	Causation  string // empty: the first event of a webhook
	Actor      string
}

const selectEvents = `SELECT position, stream, version, event_id, type, recorded_at, metadata, data FROM events ORDER BY position`

const selectAsked = `SELECT position, stream, version, event_id, type, recorded_at, metadata, data FROM events
WHERE stream > $1 AND stream < $2 ORDER BY position`

// ReadLog reads all events by SQL of its own.
func ReadLog(ctx context.Context, db *sql.DB) ([]Event, error) { return read(ctx, db, selectEvents) }

// ReadAsked reads the events of the sessions that the provider is asked for.
func ReadAsked(ctx context.Context, db *sql.DB) ([]Event, error) {
	return read(ctx, db, selectAsked, AskedApp+"/", AskedApp+"0") // 0 is behind the slash
}

func read(ctx context.Context, db *sql.DB, query string, args ...any) (all []Event, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Event
		var metadata, data string
		if err := rows.Scan(&e.Position, &e.Stream, &e.Version, &e.EventID, &e.Type, &e.RecordedAt, &metadata, &data); err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		e.Clock = eventlog.ClockOf(metadata, time.UnixMicro(e.RecordedAt))
		if e.asked() {
			e.Data = data
		}
		var m struct {
			Delivery  string `json:"delivery_id"`
			Causation string `json:"causation_id"`
			Actor     string `json:"actor"`
		}
		if err := json.Unmarshal([]byte(metadata), &m); err != nil {
			return nil, fmt.Errorf("metadata of position %d: %w", e.Position, err)
		}
		e.Delivery, e.Causation, e.Actor = m.Delivery, m.Causation, m.Actor
		all = append(all, e)
	}
	return all, rows.Err()
}

// outcomes are the types that the outcomes of a webhook are stored as.
func (e Event) isOutcome(outcome string) bool {
	switch outcome {
	case "applied":
		return e.Type == "kyc.status_changed.v1" || e.Type == "kyc.session_reset.v1"
	case "repeated":
		return e.Type == "kyc.status_repeated.v1"
	case "flagged":
		return e.Type == "kyc.transition_flagged.v1"
	case "discarded":
		return e.Type == "kyc.webhook_discarded.v1"
	default:
		return false
	}
}
