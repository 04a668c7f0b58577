package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/application/access"
	"dossier/cmd/dossier/internal/config"
)

// tokenCommand makes, lists and revokes tokens of the API.
type tokenCommand struct {
	Create createTokenCommand `cmd:"" help:"Make a token and print it, once. A running server knows it within a few seconds."`
	List   listTokensCommand  `cmd:"" help:"List the valid tokens: who holds them, never themselves."`
	Revoke revokeTokenCommand `cmd:"" help:"Make a token invalid, within a few seconds for a running server."`
}

type createTokenCommand struct {
	config.DatabaseFlags
	Role string `required:"" enum:"reader,reviewer,auditor,admin" help:"What its holder may do: reader, reviewer, auditor or admin."`
	Name string `required:"" help:"Whom it is for. The name stands beside what its holder decides."`
}

// Run makes a token.
func (cmd *createTokenCommand) Run(ctx context.Context, c console) error {
	role, _ := access.ParseRole(cmd.Role) // the flag takes nothing else
	if err := access.CheckName(cmd.Name); err != nil {
		return err
	}
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) error {
		token, secret := access.NewToken(cmd.Name, role, time.Now())
		if err := store.AddToken(ctx, token); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.out, secret)
		return err
	})
}

type listTokensCommand struct {
	config.DatabaseFlags
	JSON bool `help:"Print JSON."`
}

// Run lists the tokens.
func (cmd *listTokensCommand) Run(ctx context.Context, c console) error {
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) error {
		tokens, err := store.Tokens(ctx)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printTokensJSON(c.out, tokens)
		}
		return printTokens(c.out, tokens)
	})
}

func printTokens(w io.Writer, tokens []access.Token) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tROLE\tNAME\tCREATED")
	for _, t := range tokens {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.ID, t.Role, t.Name, t.CreatedAt.UTC().Format(time.RFC3339))
	}
	return table.Flush()
}

func printTokensJSON(w io.Writer, tokens []access.Token) error {
	type row struct {
		ID        string    `json:"id"`
		Role      string    `json:"role"`
		Name      string    `json:"name"`
		CreatedAt time.Time `json:"created_at"`
	}
	rows := make([]row, 0, len(tokens))
	for _, t := range tokens {
		rows = append(rows, row{t.ID, t.Role.String(), t.Name, t.CreatedAt.UTC()})
	}
	return json.NewEncoder(w).Encode(rows)
}

type revokeTokenCommand struct {
	config.DatabaseFlags
	ID string `arg:"" help:"The token's id, as the list shows it."`
}

// Run revokes a token.
func (cmd *revokeTokenCommand) Run(ctx context.Context, c console) error {
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) error {
		err := store.RevokeToken(ctx, cmd.ID, time.Now())
		if errors.Is(err, sqlstore.ErrNoSuchToken) {
			return fmt.Errorf("%w: its id is expected, as `dossier token list` shows it, not its name", err)
		}
		return err
	})
}

// withStore gives fn the store of a command that serves nothing.
func withStore(ctx context.Context, flags any, c console, fn func(*sqlstore.Store) error) error {
	cfg, logger, err := c.configure(flags)
	if err != nil {
		return err
	}
	store, err := openExisting(ctx, cfg.Database, sqlstore.Config{
		Logger: logger, Meter: metrics.New(version), Now: time.Now,
	})
	if err != nil {
		return err
	}
	defer store.Close()
	return fn(store)
}
