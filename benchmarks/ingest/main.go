// Command ingest measures how fast webhooks become durable events, beside what
// the same PostgreSQL does by itself in the same run:
//
//   - PostgreSQL's own single-row INSERT transactions (pgbench, else a Go loop)
//   - a handler with one transaction for each webhook, as most are written
//   - the appender of Dossier alone, without HTTP
//   - Dossier: the binary, over HTTP
//
// It needs an empty database server in DOSSIER_TEST_POSTGRES_URL and the binary,
// and is run by `make bench`. Compare the ratios: they are what one run of one
// machine can tell.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

type options struct {
	binary      string
	server      string // URL of a PostgreSQL server
	connections int
	duration    time.Duration
	rate        int
	only        string // one measurement; empty: all
	naive       bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "dossier", "bin/dossier", "the binary to measure")
	flag.IntVar(&o.connections, "connections", 256, "connections of the load")
	flag.DurationVar(&o.duration, "duration", 10*time.Second, "time of each measurement")
	flag.IntVar(&o.rate, "rate", 1000, "webhooks a second of the open loop")
	flag.StringVar(&o.only, "only", "", "measure one of inserts, naive, appender, dossier, open")
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

// measure runs all measurements, one after the other, and prints them.
func measure(ctx context.Context, o options) error {
	if o.server == "" {
		return errors.New("DOSSIER_TEST_POSTGRES_URL is not set")
	}
	fmt.Printf("%d connections, %s each, PostgreSQL with fsync on the same machine\n\n", o.connections, o.duration)
	var r rates
	for _, m := range []struct {
		name string
		run  func(context.Context, options) error
	}{
		{"inserts", r.inserts}, {"naive", r.naive}, {"appender", r.appender}, {"dossier", r.dossier},
		{"open", measureOpenLoop},
	} {
		if o.only != "" && o.only != m.name {
			continue
		}
		if err := m.run(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// rates are what was measured so far, a second.
type rates struct{ ofInserts, ofNaive float64 }

func (r *rates) inserts(ctx context.Context, o options) error {
	measured, err := measureInserts(ctx, o)
	r.ofInserts = measured.rate
	fmt.Printf("PostgreSQL, single-row INSERT transactions (%s)  %8.0f a second\n", measured.how, measured.rate)
	return err
}

func (r *rates) naive(ctx context.Context, o options) error {
	measured, err := measureNaive(ctx, o)
	r.ofNaive = measured.rate()
	fmt.Printf("handler with one transaction for each webhook  %8.0f a second  %s\n", measured.rate(), measured.latencies())
	return err
}

func (r *rates) appender(ctx context.Context, o options) error {
	rate, err := measureAppender(ctx, o)
	fmt.Printf("appender of Dossier, without HTTP              %8.0f a second\n", rate)
	return err
}

func (r *rates) dossier(ctx context.Context, o options) error {
	measured, err := measureDossier(ctx, o, "postgres")
	if err != nil {
		return err
	}
	fmt.Printf("Dossier, webhooks over HTTP                    %8.0f a second  %s\n", measured.rate(), measured.latencies())
	if r.ofInserts > 0 && r.ofNaive > 0 {
		fmt.Printf("\nratio to PostgreSQL's INSERTs                  %8.2f\n", measured.rate()/r.ofInserts)
		fmt.Printf("ratio to a transaction for each webhook        %8.2f\n\n", measured.rate()/r.ofNaive)
	}
	return nil
}

// measureOpenLoop prints answer times at a fixed rate, and those of a single
// idle caller.
func measureOpenLoop(ctx context.Context, o options) error {
	for _, database := range []string{"postgres", "sqlite"} {
		open, err := measureDossierAt(ctx, o, database)
		if err != nil {
			return fmt.Errorf("dossier at a fixed rate on %s: %w", database, err)
		}
		fmt.Printf("Dossier on %-8s  %d a second, open loop  %s\n", database, o.rate, open.latencies())
		o := o
		o.connections = 1
		single, err := measureDossier(ctx, o, database)
		if err != nil {
			return fmt.Errorf("dossier with one caller on %s: %w", database, err)
		}
		fmt.Printf("Dossier on %-8s  one caller               %s\n", database, single.latencies())
	}
	return nil
}
