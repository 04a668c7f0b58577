package pubsub

import "time"

// Never is longer than any test.
const Never = 24 * time.Hour

// WithClock returns the configuration with another clock for claims.
func (c Config) WithClock(now func() time.Time) Config {
	c.now = now
	return c
}

// WithoutPolls returns the configuration of a subscriber that only wake-ups wake.
func (c Config) WithoutPolls() Config {
	c.pollInterval = Never
	return c
}

// Impatient returns the configuration of a subscriber that asks for its group
// all the time.
func (c Config) Impatient() Config {
	c.standbyInterval = 5 * time.Millisecond
	return c
}
