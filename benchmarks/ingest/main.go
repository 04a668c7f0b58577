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
	naive       bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "dossier", "bin/dossier", "the binary to measure")
	flag.IntVar(&o.connections, "connections", 256, "connections of the load")
	flag.DurationVar(&o.duration, "duration", 10*time.Second, "time of each measurement")
	flag.IntVar(&o.rate, "rate", 1000, "webhooks a second of the open loop")
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
	inserts, err := measureInserts(ctx, o)
	if err != nil {
		return fmt.Errorf("PostgreSQL's INSERTs: %w", err)
	}
	fmt.Printf("PostgreSQL, single-row INSERT transactions (%s)  %8.0f a second\n", inserts.how, inserts.rate)
	naive, err := measureNaive(ctx, o)
	if err != nil {
		return fmt.Errorf("handler with a transaction each: %w", err)
	}
	fmt.Printf("handler with one transaction for each webhook  %8.0f a second  %s\n", naive.rate(), naive.latencies())
	appended, err := measureAppender(ctx, o)
	if err != nil {
		return fmt.Errorf("appender: %w", err)
	}
	fmt.Printf("appender of Dossier, without HTTP              %8.0f a second\n", appended)
	closed, err := measureDossier(ctx, o, "postgres")
	if err != nil {
		return fmt.Errorf("dossier: %w", err)
	}
	fmt.Printf("Dossier, webhooks over HTTP                    %8.0f a second  %s\n", closed.rate(), closed.latencies())
	fmt.Printf("\nratio to PostgreSQL's INSERTs                  %8.2f\n", closed.rate()/inserts.rate)
	fmt.Printf("ratio to a transaction for each webhook        %8.2f\n\n", closed.rate()/naive.rate())
	return measureOpenLoop(ctx, o)
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
