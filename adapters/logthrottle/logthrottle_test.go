package logthrottle_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dossier/adapters/logthrottle"
)

// clocked is a throttled logger, its clock, and what it wrote.
type clocked struct {
	*slog.Logger
	now     time.Time
	written strings.Builder
}

func newClocked() *clocked {
	c := &clocked{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	text := slog.NewTextHandler(&c.written, &slog.HandlerOptions{
		Level: slog.LevelInfo,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	c.Logger = slog.New(logthrottle.New(text, func() time.Time { return c.now }))
	return c
}

// wrote returns what was written since the last call.
func (c *clocked) wrote() string {
	defer c.written.Reset()
	return c.written.String()
}

func (c *clocked) expect(t *testing.T, want string) {
	t.Helper()
	if got := c.wrote(); got != want {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
}

func TestAFaultThatLastsIsWrittenOnceInAnInterval(t *testing.T) {
	c := newClocked()
	for i := range 5 {
		c.Error("append", "appends", i, "error", errors.New("no space left"))
	}
	c.expect(t, "level=ERROR msg=append appends=0 error=\"no space left\"\n")
	c.now = c.now.Add(logthrottle.Interval)
	c.Error("append", "appends", 9, "error", errors.New("no space left"))
	c.expect(t, "level=ERROR msg=append appends=9 error=\"no space left\" left_out=4\n")
	c.now = c.now.Add(logthrottle.Interval)
	c.Error("append", "appends", 1, "error", errors.New("no space left"))
	c.expect(t, "level=ERROR msg=append appends=1 error=\"no space left\"\n")
}

func TestAnotherCauseIsWrittenAtOnce(t *testing.T) {
	c := newClocked()
	c.Error("append", "error", "no space left")
	c.wrote()
	for _, line := range []func(){
		func() { c.Error("append", "error", "connection refused") },
		func() { c.Warn("append", "error", "no space left") },
		func() { c.Error("read", "error", "no space left") },
		func() { c.With("app", "eu").Error("append", "error", "no space left") },
		func() { c.WithGroup("eu").Error("append", "error", "no space left") },
	} {
		line()
		if c.wrote() == "" {
			t.Error("a line of another cause was left out")
		}
	}
}

func TestWhatOnlyTellsLinesApartIsNoOtherCause(t *testing.T) {
	c := newClocked()
	for i := range 3 {
		c.Warn("webhook refused", "problem", "log-unavailable", "session_ref", fmt.Sprint("r", i), "position", i)
	}
	c.expect(t, "level=WARN msg=\"webhook refused\" problem=log-unavailable session_ref=r0 position=0\n")
}

func TestInformationIsNeverHeldBack(t *testing.T) {
	c := newClocked()
	for range 3 {
		c.Info("serving")
	}
	c.expect(t, strings.Repeat("level=INFO msg=serving\n", 3))
}

// The count of a fault that is over comes with the next line, whatever it says.
func TestTheEndOfAFaultIsCounted(t *testing.T) {
	c := newClocked()
	for i := range 4 {
		c.Error("append", "appends", i)
	}
	c.wrote()
	c.now = c.now.Add(logthrottle.Interval)
	c.Info("shutting down")
	c.expect(t, "level=ERROR msg=append appends=3 left_out=2\nlevel=INFO msg=\"shutting down\"\n")
	c.Info("ended")
	c.expect(t, "level=INFO msg=ended\n")
}

// Nobody can fill the memory with causes of their own making.
func TestCausesAreForgotten(t *testing.T) {
	c := newClocked()
	const many = 5000
	for i := range many {
		c.Warn("refused", "app", strings.Repeat("x", i))
	}
	if n := strings.Count(c.wrote(), "\n"); n != many {
		t.Errorf("%d lines of %d causes", n, many)
	}
}
