package main

import (
	"context"
	"fmt"

	"dossier/cmd/dossier/internal/config"
)

// migrateCommand brings the schema of the database to that of this program.
type migrateCommand struct {
	config.DatabaseFlags
}

// Run migrates and tells what it did.
func (cmd *migrateCommand) Run(ctx context.Context, c console) error {
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	done, err := migrate(ctx, cfg.Database, logger)
	for _, name := range done.applied {
		fmt.Fprintln(c.out, "applied", name)
	}
	for _, repaired := range done.rearmed {
		fmt.Fprintln(c.out, "repaired", repaired)
	}
	if err != nil {
		return err
	}
	if len(done.applied)+len(done.rearmed) == 0 {
		fmt.Fprintln(c.out, "nothing to do: the schema is up to date")
	}
	return nil
}
