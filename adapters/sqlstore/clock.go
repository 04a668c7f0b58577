package sqlstore

import (
	"strconv"
	"strings"
	"time"

	"dossier/adapters/codec"
)

// clockLimit is by how much the clock may be behind the last time of the log
// before that is worth a warning: servers' clocks differ a little.
const clockLimit = time.Second

// ClockMeter is what a Meter may implement to observe the clock.
type ClockMeter interface {
	// ClockBehind reports by how much the clock is behind the log's last time, with
	// each batch; 0 if it is not.
	ClockBehind(by time.Duration)
}

// checkClock warns of a clock that is behind the last time of the log: either it
// is wrong, or another one was.
func (s *Store) checkClock(behind time.Duration) {
	if m, ok := s.meter.(ClockMeter); ok {
		m.ClockBehind(max(0, behind))
	}
	if behind > clockLimit {
		s.logger.Warn("the clock is behind the last event of the log: one of the two clocks is wrong", "behind", behind.Truncate(time.Second))
	}
}

// clocked returns the metadata of an event with what the clock says, if the time
// of its record is another.
func (b *batch) clocked(metadata string) string {
	if b.now.Equal(b.head.at) {
		return metadata
	}
	field := `"clock":` + strconv.FormatInt(codec.Micros(b.now), 10)
	if metadata == "{}" {
		return "{" + field + "}"
	}
	return strings.Replace(metadata, "{", "{"+field+",", 1)
}
