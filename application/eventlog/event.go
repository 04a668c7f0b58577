package eventlog

import (
	"time"

	"dossier/domain/kyc"
)

// Topic is the log's name as a Watermill topic, and the name of its table.
const Topic = "events"

// Recorded is one event as the log holds it.
type Recorded struct {
	Position   int64 // over all streams, from 1
	EventID    string
	Stream     Stream
	Version    int64 // within the stream, from 1
	Type       string
	Data       string    // the exact JSON text
	Metadata   string    // the exact JSON text
	RecordedAt time.Time // UTC, to the microsecond; never before the event before it
	Event      kyc.Event // Data, decoded
}

// Mark returns where the event stands, for folding.
func (r Recorded) Mark() kyc.Mark {
	return kyc.Mark{Position: r.Position, Version: r.Version, At: r.Clock()}
}

// Metadata is what is known of how an event came. Empty values are not stored.
type Metadata struct {
	DeliveryID     string
	RequestID      string
	Attempt        int // from 1; 0 if unknown
	AttemptTrigger string
	OriginalIP     string
	Payload        string // the raw body
	PayloadSHA256  string // of the raw body, in hexadecimal
	Actor          string // who decided, for a ruling
	CausationID    string // the event that brought this one along
	// Clock is what the clock said, where that is not the time of the record; else
	// zero. The log sets it.
	Clock time.Time
}
