// Command ingest measures how fast webhooks become durable events, beside what
// the same PostgreSQL does by itself in the same run:
//
//   - PostgreSQL's own single-row INSERT transactions (pgbench, else a Go loop),
//     of a row of our table of events with its three indexes, and of a row with
//     nothing but a key
//   - a handler with one transaction for each webhook, as most are written
//   - the appender of Dossier alone, without HTTP
//   - Dossier: the binary, over HTTP, with its projections running
//
// It needs a database server in DOSSIER_TEST_POSTGRES_URL and the binary, and is
// run by `make bench`. Compare the ratios: they are what one run on one machine
// can tell.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"
)

type options struct {
	binary      string
	server      string // URL of a PostgreSQL server
	connections int
	duration    time.Duration
	rounds      int
	rate        int
	only        string // one measurement; empty: all
	naive       bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "dossier", "bin/dossier", "the binary to measure")
	flag.IntVar(&o.connections, "connections", 256, "connections of the load")
	flag.DurationVar(&o.duration, "duration", 8*time.Second, "time of each measurement")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each is measured, by turns; the median counts")
	flag.IntVar(&o.rate, "rate", 1000, "webhooks a second of the open loop")
	flag.StringVar(&o.only, "only", "", "measure one of inserts, plain, naive, appender, dossier, open")
	flag.BoolVar(&o.naive, "serve-naive", false, "be the handler that is compared with")
	flag.Parse()
	o.server = os.Getenv("DOSSIER_TEST_POSTGRES_URL")

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := measure
	if o.naive {
		run = serveNaive
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		os.Exit(2)
	}
}

// rate is one thing whose rate is measured.
type rate struct {
	name, title string
	run         func(context.Context, options) (float64, error)
	measured    []float64 // a second, by round
}

func (r *rate) median() float64 {
	sorted := slices.Sorted(slices.Values(r.measured))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// measure measures by turns, so that a machine which changes its speed changes
// it for all, and prints the medians and their ratios.
func measure(ctx context.Context, o options) error {
	if o.server == "" {
		return errors.New("DOSSIER_TEST_POSTGRES_URL is not set")
	}
	rates := []*rate{
		{name: "inserts", title: "PostgreSQL: INSERT of one event row, a transaction each", run: measureEventInserts},
		{name: "plain", title: "PostgreSQL: INSERT into a table with nothing but a key", run: measurePlainInserts},
		{name: "naive", title: "handler with one transaction for each webhook", run: measureNaive},
		{name: "appender", title: "Dossier: appends, without HTTP", run: measureAppender},
		{name: "dossier", title: "Dossier: webhooks over HTTP, each answered when durable", run: measureDossier},
	}
	fmt.Printf("%d connections (PostgreSQL's own: %d), %d rounds of %s each, fsync on; all a second\n\n",
		o.connections, insertClients, o.rounds, o.duration)
	for range o.rounds {
		for _, r := range rates {
			if o.only != "" && o.only != r.name {
				continue
			}
			measured, err := r.run(ctx, o)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			r.measured = append(r.measured, measured)
		}
	}
	printRates(rates)
	if o.only == "" || o.only == "open" {
		return measureAnswerTimes(ctx, o)
	}
	return nil
}

func printRates(rates []*rate) {
	ours := rates[len(rates)-1].median()
	for _, r := range rates {
		if len(r.measured) == 0 {
			continue
		}
		fmt.Printf("%-58s %7.0f  (%.0f)\n", r.title, r.median(), r.measured)
	}
	for _, r := range rates[:len(rates)-1] {
		if ours > 0 && r.median() > 0 {
			fmt.Printf("\nratio of Dossier over HTTP to %-28s %7.2f", r.name, ours/r.median())
		}
	}
	fmt.Print("\n\n")
}

// measureAnswerTimes prints answer times at a fixed rate, and those of a single
// idle caller.
func measureAnswerTimes(ctx context.Context, o options) error {
	for _, database := range []string{"postgres", "sqlite"} {
		open, err := measureDossierAt(ctx, o, database)
		if err != nil {
			return fmt.Errorf("dossier at a fixed rate on %s: %w", database, err)
		}
		fmt.Printf("Dossier on %-8s  %d a second, open loop  %s\n", database, o.rate, open.latencies())
		single, err := withDossier(ctx, o, database, load{connections: 1})
		if err != nil {
			return fmt.Errorf("dossier with one caller on %s: %w", database, err)
		}
		fmt.Printf("Dossier on %-8s  one caller               %s\n", database, single.latencies())
	}
	return nil
}
