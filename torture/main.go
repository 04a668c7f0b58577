// Command torture breaks Dossier on purpose, and counts: it sends webhooks to
// real servers, kills, freezes, fills and cuts what they stand on, and compares
// at the end what was answered with what is in the log, id by id. docs/faults.md
// says what it does and what came of it.
//
//	go run ./torture -dossier bin/dossier -database sqlite -faults 50
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"dossier/torture/drill"
	"dossier/torture/overlay"
	"dossier/torture/witness"
	"dossier/torture/world"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

// errNotHeld is the error of a run in which a check does not hold; the report
// says which.
var errNotHeld = errors.New("not everything held")

func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == drill.SubscriberCommand {
		return witness.Subscribe(ctx, args[1], args[2])
	}
	if len(args) > 0 && args[0] == world.NodeCommand {
		return world.RunNode(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == mutantsCommand {
		return noticeMutants(ctx, args[1:])
	}
	f, err := parse(args)
	if err != nil {
		return err
	}
	if f.clock {
		if f.program, err = buildWithClock(ctx, f.folder); err != nil {
			return err
		}
	}
	for _, name := range f.databases {
		report, err := drill.Run(ctx, f.config(name))
		report.Print(os.Stdout)
		if err != nil {
			return fmt.Errorf("%s, seed %d: %w; what there is of it is in %s", name, f.seed, err, report.Folder)
		}
		if !report.Held() {
			return errNotHeld
		}
		if f.keep {
			continue
		}
		if err := os.RemoveAll(report.Folder); err != nil {
			return err
		}
	}
	return nil
}

// buildWithClock builds the binary of the tree that the program is called in.
func buildWithClock(ctx context.Context, folder string) (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return overlay.WithClock(ctx, root, filepath.Join(folder, "clock"))
}
