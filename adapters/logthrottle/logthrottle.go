// Package logthrottle keeps a fault that lasts from filling the log: of the
// warnings and errors of one cause it lets the first through, and then one in
// each interval, which says how many were left out.
//
// It never holds back what is below a warning. It does not promise that the
// count of the last ones is written: it comes with the next line of any kind
// after the interval.
package logthrottle

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Interval is the least time between two lines of one cause.
const Interval = 30 * time.Second

// LeftOut is the name of the attribute that says how many lines of the same
// cause were not written.
const LeftOut = "left_out"

// maxCauses bounds what is remembered. A cause that is forgotten is written
// anew.
const maxCauses = 1000

// Handler implements [slog.Handler].
type Handler struct {
	next   slog.Handler
	within string // what the cause of each line begins with: attributes and groups
	*causes
}

// causes is what all handlers that come of one share.
type causes struct {
	mu      sync.Mutex
	known   map[string]*cause
	soonest time.Time // when the first of them may be written again
	now     func() time.Time
}

// cause is one reason for which lines are written.
type cause struct {
	until   time.Time // no line is written before
	leftOut int64
	last    slog.Record // of those that were left out
	to      slog.Handler
}

// New returns a handler that passes lines on to another. now is its clock.
func New(next slog.Handler, now func() time.Time) *Handler {
	return &Handler{next: next, causes: &causes{known: map[string]*cause{}, now: now}}
}

// Enabled implements [slog.Handler].
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	b.WriteString(h.within)
	for _, a := range attrs {
		writeCause(&b, a)
	}
	return &Handler{h.next.WithAttrs(attrs), b.String(), h.causes}
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.next.WithGroup(name), h.within + name + ".", h.causes}
}

// Handle implements [slog.Handler].
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	due := h.due(r)
	for _, late := range due {
		if err := late.write(ctx); err != nil {
			return err
		}
	}
	return nil
}

// line is a record that is to be written now.
type line struct {
	record  slog.Record
	leftOut int64
	to      slog.Handler
}

func (l line) write(ctx context.Context) error {
	record := l.record
	if l.leftOut > 0 {
		record = record.Clone()
		record.AddAttrs(slog.Int64(LeftOut, l.leftOut))
	}
	return l.to.Handle(ctx, record)
}

// due takes a record and returns the lines to be written: those of causes whose
// interval has passed, and the record, unless it is left out.
func (h *Handler) due(r slog.Record) []line {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if r.Level < slog.LevelWarn {
		return append(h.overdue(now), line{record: r, to: h.next})
	}
	key := h.causeOf(r)
	c, known := h.known[key]
	if known && now.Before(c.until) {
		c.leftOut, c.last, c.to = c.leftOut+1, r.Clone(), h.next
		return h.overdue(now)
	}
	written := line{record: r, to: h.next}
	if known {
		written.leftOut = c.leftOut
	}
	h.remember(key, now)
	return append(h.overdue(now), written)
}

func (c *causes) remember(key string, now time.Time) {
	if len(c.known) >= maxCauses {
		clear(c.known)
	}
	if len(c.known) == 0 {
		c.soonest = now.Add(Interval)
	}
	c.known[key] = &cause{until: now.Add(Interval)}
}

// overdue returns the last lines of causes that were left out for an interval,
// the oldest first, and forgets those causes.
func (c *causes) overdue(now time.Time) (lines []line) {
	if now.Before(c.soonest) {
		return nil
	}
	c.soonest = now.Add(Interval)
	for _, key := range slices.Sorted(maps.Keys(c.known)) {
		known := c.known[key]
		if now.Before(known.until) {
			c.soonest = earlier(c.soonest, known.until)
			continue
		}
		if known.leftOut > 0 {
			lines = append(lines, line{known.last, known.leftOut - 1, known.to})
		}
		delete(c.known, key)
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.record.Time.Compare(b.record.Time) })
	return lines
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// varying are the attributes that tell lines of one cause apart.
var varying = map[string]bool{"session_ref": true, "position": true}

// causeOf is the text that lines of one cause share: level, message and
// attributes, without digits and what varies.
func (h *Handler) causeOf(r slog.Record) string {
	var b strings.Builder
	b.WriteString(r.Level.String())
	b.WriteString(h.within)
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		writeCause(&b, a)
		return true
	})
	return b.String()
}

func writeCause(b *strings.Builder, a slog.Attr) {
	if varying[a.Key] {
		return
	}
	b.WriteByte(0)
	b.WriteString(a.Key)
	b.WriteByte('=')
	for _, r := range a.Value.Resolve().String() {
		if r < '0' || r > '9' {
			b.WriteRune(r)
		}
	}
}
