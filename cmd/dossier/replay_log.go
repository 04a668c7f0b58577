package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"dossier/adapters/codec"
	"dossier/adapters/sqlstore"
	"dossier/application/projection"
	"dossier/application/replay"
	"dossier/domain/kyc"
)

// log folds the whole log, or that of one app.
func (cmd *replayCommand) log(ctx context.Context, c console, store *sqlstore.Store, rules kyc.RuleBook) (printer, error) {
	head, err := store.Head(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := cmd.positions(head)
	if err != nil {
		return nil, err
	}
	roomForSessions()
	progress := c.progress(to, "events", cmd.JSON)
	fold := replay.Fold{
		Log: store, Decode: codec.Decode, Rules: rules, App: kyc.App(cmd.App),
		Progress: func(position int64) { progress.set(position, to) },
	}
	start := time.Now()
	totals, err := fold.Run(ctx, from, to)
	progress.end()
	if err != nil {
		return nil, err
	}
	d := totalsDocumentOf(totals, cmd.App, time.Since(start))
	if cmd.JSON {
		return func(w io.Writer) error { return printJSON(w, d) }, nil
	}
	return d.print, nil
}

// roomForSessions undoes what suits a server: a fold holds every session, and a
// collector that runs without end to stay below a limit would free none of them.
// It makes up for it by collecting earlier.
func roomForSessions() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(math.MaxInt64)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(100)
	}
}

// totalsDocument is what a replay of the log tells, as JSON.
type totalsDocument struct {
	App  string `json:"app,omitempty"` // empty: all
	From int64  `json:"from"`
	To   int64  `json:"to"`
	// Read is how many positions were read, those before from included, for the
	// sessions stand on them.
	Read            int64            `json:"read"`
	Seconds         float64          `json:"seconds"`
	EventsPerSecond float64          `json:"events_per_second"`
	Events          int64            `json:"events"`
	Types           map[string]int64 `json:"types"`
	Outcomes        map[string]int64 `json:"outcomes"`
	Healed          int64            `json:"healed"`
	Overridden      int64            `json:"overridden"`
	Reconciled      int64            `json:"reconciled"`
	Flags           []flagsDocument  `json:"flags"`
	Sessions        int64            `json:"sessions"`
	Statuses        map[string]int64 `json:"statuses"`
	Kinds           map[string]int64 `json:"kinds"`
}

// flagsDocument counts the flags of one kind by how they stand.
type flagsDocument struct {
	Violation string           `json:"violation"`
	Severity  string           `json:"severity"`
	Raised    int64            `json:"raised"`
	States    map[string]int64 `json:"states"`
}

func totalsDocumentOf(t replay.Totals, app string, took time.Duration) totalsDocument {
	d := totalsDocument{
		App: app, From: t.From, To: t.To, Read: t.To, Seconds: took.Seconds(), EventsPerSecond: float64(t.To) / max(took.Seconds(), 1e-6),
		Events: t.Events, Types: t.Types, Outcomes: byName(kyc.Outcomes(), t.Outcomes), Healed: t.Healed, Overridden: t.Overridden, Reconciled: t.Reconciled,
		Flags: []flagsDocument{}, Sessions: t.Sessions, Statuses: byName(kyc.Overalls(), t.Statuses), Kinds: byName(kyc.Kinds(), t.Kinds),
	}
	delete(d.Outcomes, kyc.Duplicate.String()) // which leaves nothing in the log
	for kind, states := range t.Flags {
		d.Flags = append(d.Flags, flagsDocument{
			kind.Violation.String(), kind.Severity.String(), t.Raised(kind), byName(projection.FlagStates(), states),
		})
	}
	slices.SortFunc(d.Flags, func(a, b flagsDocument) int {
		return cmp.Or(strings.Compare(a.Violation, b.Violation), strings.Compare(a.Severity, b.Severity))
	})
	return d
}

// byName counts every one of a closed set, those that do not occur included.
func byName[E interface {
	comparable
	String() string
}](all []E, counts map[E]int64) map[string]int64 {
	named := make(map[string]int64, len(all))
	for _, e := range all {
		named[e.String()] = counts[e]
	}
	return named
}

// print prints the totals for a person.
func (d totalsDocument) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Positions %d to %d of %s: %d events\n", d.From, d.To, cmp.Or(d.App, "all apps"), d.Events)
	fmt.Fprintf(&b, "folded in %s, %.0f events a second\n", time.Duration(d.Seconds*float64(time.Second)).Round(time.Millisecond), d.EventsPerSecond)
	if d.From > 1 {
		b.WriteString("Sessions are those with an event in this range, folded from their own beginning; they and the\n" +
			"flags of this range stand as of its end.\n")
	}
	countTable(&b, "EVENTS", d.Types)
	outcomes := maps.Clone(d.Outcomes)
	outcomes["healed (a held status)"], outcomes["overridden (a held status)"] = d.Healed, d.Overridden
	outcomes["reconciled (no webhook)"] = d.Reconciled
	countTable(&b, "OUTCOMES", outcomes)
	countTable(&b, fmt.Sprintf("SESSIONS (%d)", d.Sessions), d.Statuses)
	countTable(&b, "KINDS", d.Kinds)
	d.printFlags(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// countTable prints what occurs at all.
func countTable(b *strings.Builder, head string, counts map[string]int64) {
	rows := [][]string{{head, ""}}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			rows = append(rows, []string{name, strconv.FormatInt(counts[name], 10)})
		}
	}
	table(b, rows)
}

func (d totalsDocument) printFlags(b *strings.Builder) {
	if len(d.Flags) == 0 {
		return
	}
	head := []string{"FLAGS", "SEVERITY", "RAISED"}
	for _, state := range projection.FlagStates() {
		head = append(head, strings.ToUpper(state.String()))
	}
	rows := [][]string{head}
	for _, f := range d.Flags {
		row := []string{f.Violation, f.Severity, strconv.FormatInt(f.Raised, 10)}
		for _, state := range projection.FlagStates() {
			row = append(row, strconv.FormatInt(f.States[state.String()], 10))
		}
		rows = append(rows, row)
	}
	table(b, rows)
}
