// Command subscriber is an example of a service behind Dossier. It opens an
// account when a session is approved, freezes it when the approval is taken
// back, and pages someone when a flag of high severity is raised.
//
//	go run ./examples/subscriber --database-url=sqlite:dossier.db
//
// It consumes the log through a Watermill router as the consumer group
// example-accounts. The accounts are a table of its own in the same database,
// written in the transaction of the message: each event counts exactly once,
// however often the program is killed.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	databaseURL := flag.String("database-url", cmp.Or(os.Getenv("DOSSIER_DATABASE_URL"), "sqlite:dossier.db"),
		"the database of Dossier: sqlite:PATH or postgres://user:password@host/name")
	flag.Parse()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := run(ctx, *databaseURL, &console{out: os.Stdout}, logger); err != nil {
		fmt.Fprintln(os.Stderr, "subscriber: "+err.Error())
		os.Exit(1)
	}
}

// console tells people what happens.
type console struct{ out io.Writer }

func (c *console) say(position int64, what string) {
	fmt.Fprintf(c.out, "position %-6d %s\n", position, what)
}

// Page calls someone. A real one would call the service that is on duty.
func (c *console) Page(_ context.Context, p page) error {
	c.say(p.Position, fmt.Sprintf("PAGE: %s (%s) in app %s", p.Violation, p.Severity, p.App))
	return nil
}
