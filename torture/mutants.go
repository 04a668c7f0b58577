package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"dossier/torture/drill"
	"dossier/torture/mutant"
)

// mutantsCommand is the argument that tortures broken products.
const mutantsCommand = "mutants"

var errUnnoticed = errors.New("a broken product was not noticed")

// noticeMutants builds each mutant, from the tree that it is called in, tortures
// it, and wants the check to fail that is there for it.
func noticeMutants(ctx context.Context, args []string) error {
	f, err := parse(args)
	if err != nil {
		return err
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	unnoticed := 0
	for i, m := range mutant.All() {
		if f.only != "" && !strings.Contains(m.Name, f.only) {
			continue
		}
		folder := filepath.Join(f.folder, fmt.Sprintf("mutant-%d", i+1))
		program, err := m.Build(ctx, root, filepath.Join(folder, "source"))
		if err != nil {
			return err
		}
		f.program, f.folder, f.faults, f.kinds = program, folder, m.Faults, m.Kinds
		config := f.config(m.Database)
		if m.Servers > 0 {
			config.Servers = m.Servers
		}
		report, err := drill.Run(ctx, config)
		f.folder = filepath.Dir(folder)
		if err != nil {
			return fmt.Errorf("mutant %s: %w", m.Name, err)
		}
		fault := failing(report, m.Check)
		if fault == "" {
			unnoticed++
			fmt.Printf("NOT NOTICED: a Dossier that %s\n", m.Name)
			report.Print(os.Stdout)
			continue
		}
		fmt.Printf("noticed: a Dossier that %s, after %d faults on %s in %v\n  by: %s\n  lost %d, doubled %d\n",
			m.Name, report.Total(), m.Database, report.Lasted.Round(1e9), fault, report.Lost, report.Doubled)
	}
	if unnoticed > 0 {
		return errUnnoticed
	}
	return os.RemoveAll(f.folder)
}

// failing returns what the check says that must not hold; empty if it holds.
func failing(r drill.Report, check string) string {
	for _, c := range r.Checks {
		if strings.HasPrefix(c.Name, check) && len(c.Faults) > 0 {
			return fmt.Sprintf("%s (%d): %s", c.Name, len(c.Faults), c.Faults[0])
		}
	}
	return ""
}
