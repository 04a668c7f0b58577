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
	applied, err := migrate(ctx, cfg.Database, logger)
	if err != nil {
		return err
	}
	for _, name := range applied {
		fmt.Fprintln(c.out, "applied", name)
	}
	if len(applied) == 0 {
		fmt.Fprintln(c.out, "nothing to do: the schema is up to date")
	}
	return nil
}
