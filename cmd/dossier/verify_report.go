package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"dossier/application/audit"
	"dossier/application/eventlog"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
)

// auditReport prints what a check of the store finds. Findings are made to be
// handed on: they name a session by its reference.
type auditReport struct {
	console
	json bool
	refs sessionref.Key
	bar  *progress // of the stage that is gone through
	name string    // of that stage
	err  error     // the first of writing
}

func newAuditReport(c console, json bool, refs sessionref.Key) *auditReport {
	return &auditReport{console: c, json: json, refs: refs}
}

// findingJSON is a finding as programs read it.
type findingJSON struct {
	Check      string `json:"check"`
	Position   int64  `json:"position,omitempty"`
	Last       int64  `json:"last_position,omitempty"`
	App        string `json:"app,omitempty"`
	SessionRef string `json:"session_ref,omitempty"`
	Version    int64  `json:"version,omitempty"`
	Expected   string `json:"expected"`
	Found      string `json:"found"`
}

func (r *auditReport) finding(f audit.Finding) {
	row := findingJSON{Check: f.Check.String(), Position: f.Position, Last: f.Last, Version: f.Version, Expected: f.Expected, Found: f.Found}
	if f.Stream != (eventlog.Stream{}) {
		row.SessionRef = r.refs.Of(f.Stream.App, f.Stream.Session)
		// What was altered may hold anything in the place of an app.
		if app, err := kyc.ParseApp(string(f.Stream.App)); err == nil {
			row.App = string(app)
		}
	}
	r.stage(r.name)
	if r.json {
		r.write(json.NewEncoder(r.out).Encode(row))
		return
	}
	_, err := fmt.Fprintf(r.out, "%s%s: expected %s; found %s\n", row.Check, row.where(), row.Expected, row.Found)
	r.write(err)
}

// where says in words where a finding is.
func (f findingJSON) where() string {
	var b strings.Builder
	if f.Position > 0 && f.Last > f.Position {
		fmt.Fprintf(&b, " positions %d to %d", f.Position, f.Last)
	} else if f.Position > 0 {
		fmt.Fprintf(&b, " position %d", f.Position)
	}
	if f.App != "" {
		fmt.Fprintf(&b, " app %s", f.App)
	}
	if f.SessionRef != "" {
		fmt.Fprintf(&b, " session %s", f.SessionRef)
	}
	if f.Version > 0 {
		fmt.Fprintf(&b, " version %d", f.Version)
	}
	return b.String()
}

func (r *auditReport) write(err error) { r.err = errors.Join(r.err, err) }

// progress draws how much of a stage is done.
func (r *auditReport) progress(stage string, done, total int64) {
	if stage != r.name || r.bar == nil {
		r.stage(stage)
		r.bar = r.console.progress(total, stage, r.json)
	}
	r.bar.set(done, max(done, total))
}

// stage ends the line of what was drawn, for something else is printed.
func (r *auditReport) stage(name string) {
	if r.bar != nil {
		r.bar.end()
	}
	r.bar, r.name = nil, name
}

// summary prints what was gone through, and how many findings there are.
func (r *auditReport) summary(s audit.Summary, trust string) error {
	if r.json {
		counts := map[string]int64{}
		for check, n := range s.Findings {
			counts[check.String()] = n
		}
		r.write(json.NewEncoder(r.out).Encode(map[string]any{"summary": map[string]any{
			"head": s.Head, "events": s.Events, "streams": s.Streams, "deliveries": s.Deliveries,
			"checkpoints": s.Checkpoints, "signatures": trust, "findings": s.Total(), "by_check": counts,
		}}))
		return r.err
	}
	fmt.Fprintf(r.out, "checked %d events up to position %d, %d streams, %d deliveries and %d checkpoints\n",
		s.Events, s.Head, s.Streams, s.Deliveries, s.Checkpoints)
	fmt.Fprintf(r.out, "signatures of checkpoints were %s\n", trust)
	r.write(printCounts(r.out, s))
	return r.err
}

func printCounts(w io.Writer, s audit.Summary) error {
	if s.Total() == 0 {
		_, err := fmt.Fprintln(w, "no findings")
		return err
	}
	fmt.Fprintf(w, "%d findings\n", s.Total())
	for _, check := range audit.Checks() {
		n := s.Findings[check]
		if n == 0 {
			continue
		}
		fmt.Fprintf(w, "  %s: %d: %s", check, n, check.Meaning())
		if n > audit.MaxReported {
			fmt.Fprintf(w, " (the first %d are shown)", audit.MaxReported)
		}
		fmt.Fprintln(w)
	}
	return nil
}
