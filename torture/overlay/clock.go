package overlay

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// ClockVariable names, in the environment of a binary that WithClock built, the
// file that its clock is set by: a number of nanoseconds that it is ahead.
const ClockVariable = "TORTURE_CLOCK"

// timeEdits let time.Now of the standard library be off. The monotonic reading
// stays right, as it does when an administrator or NTP steps a machine's clock.
func timeEdits() []Edit {
	return []Edit{
		{"time.go", "\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {\n\t\treturn Time{", `	sec, nsec, mono := runtimeNow()
	if ahead := clockAhead.Load(); ahead != 0 {
		total := int64(nsec) + ahead
		sec += total / 1e9
		if total %= 1e9; total < 0 {
			total += 1e9
			sec--
		}
		nsec = int32(total)
	}
	if mono == 0 {
		return Time{`},
		{"time.go", "func unixTime(sec int64", `var clockAhead atomic.Int64

// StepClock sets how many nanoseconds the wall clock is ahead.
func StepClock(ahead int64) { clockAhead.Store(ahead) }

func unixTime(sec int64`},
		{"time.go", "\t\"math/bits\"\n", "\t\"math/bits\"\n\t\"sync/atomic\"\n"},
	}
}

// reader sets the clock of the program by the file. It is part of the program's
// main package, and begins before it.
const reader = `package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

func init() {
	path := os.Getenv("` + ClockVariable + `")
	if path == "" {
		return
	}
	read := func() {
		text, err := os.ReadFile(path)
		if err != nil {
			return
		}
		if ahead, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
			time.StepClock(ahead)
		}
	}
	read()
	go func() {
		for range time.Tick(20 * time.Millisecond) {
			read()
		}
	}()
}
`

// WithClock builds a binary of the tree at root whose wall clock can be stepped
// while it runs. Go reads the clock without the C library, so nothing that is
// loaded before a program can do it.
func WithClock(ctx context.Context, root, folder string) (program string, err error) {
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("find the standard library: %w", err)
	}
	files, err := Apply(filepath.Join(strings.TrimSpace(string(goroot)), "src", "time"), timeEdits())
	if err != nil {
		return "", fmt.Errorf("this release of Go has another time.Now: %w", err)
	}
	files[filepath.Join(root, "cmd", "dossier", "torture_clock.go")] = reader
	return Build(ctx, root, folder, files)
}
