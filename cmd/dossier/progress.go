package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	barWidth = 30
	// drawInterval keeps a terminal from being written to for each step.
	drawInterval = 100 * time.Millisecond
)

// progress draws how far long work is: one line of a terminal, over the one
// before. It belongs to one goroutine.
type progress struct {
	w      io.Writer
	total  int64
	label  string // what is counted
	start  time.Time
	drawn  time.Time
	length int // of the line that was drawn last
}

// newProgress begins a line. A total that is not known yet is 0.
func newProgress(w io.Writer, total int64, label string) *progress {
	return &progress{w: w, total: total, label: label, start: time.Now()}
}

// progress returns what draws on the terminal, or draws nothing where there is
// none or the output is for a program.
func (c console) progress(total int64, label string, quiet bool) *progress {
	if quiet || !c.env.Terminal {
		return newProgress(io.Discard, total, label)
	}
	return newProgress(c.err, total, label)
}

// set tells how much is done, and of how much: a log grows meanwhile.
func (p *progress) set(done, total int64) {
	p.total = total
	if now := time.Now(); now.Sub(p.drawn) >= drawInterval || done >= total {
		p.drawn = now
		p.draw(done)
	}
}

func (p *progress) draw(done int64) {
	filled := int(barWidth * min(done, p.total) / max(1, p.total))
	rate := float64(done) / max(time.Since(p.start).Seconds(), 0.001)
	line := fmt.Sprintf("[%s%s] %d of %d %s, %.0f a second", strings.Repeat("#", filled),
		strings.Repeat(".", barWidth-filled), done, p.total, p.label, rate)
	// What is longer than the new line is wiped out with spaces.
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.length-len(line))))
	p.length = len(line)
}

// end leaves the line as it stands and begins the next one.
func (p *progress) end() {
	if p.length > 0 {
		fmt.Fprintln(p.w)
	}
}
