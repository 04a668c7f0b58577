package eventlog

import (
	"strconv"
	"strings"
	"time"
)

// clockField is where metadata has a clock's reading that differs from the time
// of the record. Inside of a JSON string every quote follows a backslash, so the
// text can only be the field.
const clockField = `"clock":`

// Clock returns what the clock of the server said that recorded the event. Times
// of records never run backwards: after an event of a clock that was ahead they
// stand still until the right clock has caught up. What measures time measures
// it by the clock; what needs an order takes positions, or RecordedAt.
func (r Recorded) Clock() time.Time { return ClockOf(r.Metadata, r.RecordedAt) }

// ClockOf returns the clock's reading from an event's stored metadata, or the time
// of its record if there is none.
func ClockOf(metadata string, recordedAt time.Time) time.Time {
	_, rest, found := strings.Cut(metadata, clockField)
	if !found {
		return recordedAt
	}
	end := strings.IndexAny(rest, ",}")
	if end < 0 {
		return recordedAt
	}
	micros, err := strconv.ParseInt(rest[:end], 10, 64)
	if err != nil {
		return recordedAt
	}
	return time.UnixMicro(micros).UTC()
}
