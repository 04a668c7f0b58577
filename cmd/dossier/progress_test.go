package main

import (
	"strings"
	"testing"

	"dossier/cmd/dossier/internal/config"
)

func TestProgressIsOneLineThatIsDrawnOver(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out, 10, "events")
	p.set(5, 10)
	p.set(6, 10) // too soon to be drawn
	p.set(10, 10)
	p.end()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\r")
	if len(lines) != 3 || lines[0] != "" || strings.Contains(out.String()[:out.Len()-1], "\n") {
		t.Fatalf("drawn were %q", lines)
	}
	for i, want := range map[int]string{
		1: "[###############...............] 5 of 10 events, ",
		2: "[##############################] 10 of 10 events, ",
	} {
		if !strings.HasPrefix(lines[i], want) || len(lines[i]) < len(lines[1]) && i == 2 {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
}

func TestProgressOfNothing(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out, 0, "events")
	p.end()
	if out.Len() > 0 {
		t.Errorf("%q was drawn before anything was done", out.String())
	}
	p.set(0, 0)
	p.end()
	if !strings.Contains(out.String(), "] 0 of 0 events, 0 a second\n") {
		t.Errorf("drawn was %q", out.String())
	}
}

func TestProgressIsForTerminalsAndPeople(t *testing.T) {
	for _, c := range []struct{ terminal, quiet, drawn bool }{
		{true, false, true}, {true, true, false}, {false, false, false},
	} {
		var out strings.Builder
		p := console{err: &out, env: config.Environment{Terminal: c.terminal}}.progress(1, "events", c.quiet)
		p.set(1, 1)
		p.end()
		if drawn := out.Len() > 0; drawn != c.drawn {
			t.Errorf("%+v: drawn is %t", c, drawn)
		}
	}
}
