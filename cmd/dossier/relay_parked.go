package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
	"dossier/application/relay"
	"dossier/application/sessionref"
	"dossier/cmd/dossier/internal/config"
)

// parkedPage is how many parked messages are read at a time.
const parkedPage = 500

type parkedRelayCommand struct {
	config.DatabaseFlags
	Name string `arg:"" optional:"" help:"The relay. Without it, how much each relay has deferred."`
	JSON bool   `help:"Print a line of JSON for each."`
}

// Run lists parked messages, or counts them.
func (cmd *parkedRelayCommand) Run(ctx context.Context, c console) error {
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) error {
		if cmd.Name == "" {
			return cmd.count(ctx, c.out, store.Deferrals())
		}
		if err := knownRelay(ctx, store, cmd.Name); err != nil {
			return err
		}
		refs, err := refKey(ctx, store)
		if err != nil {
			return err
		}
		return cmd.list(ctx, c.out, store.Deferrals(), refs)
	})
}

// knownRelay returns an error if there never was a relay of that name.
func knownRelay(ctx context.Context, store *sqlstore.Store, name string) error {
	groups, err := store.Groups().Groups(ctx)
	known := slices.ContainsFunc(groups, func(g consumer.Group) bool { return g.Name == consumer.RelayName(name) })
	if err == nil && !known {
		err = errors.New("there is no relay of that name: `dossier groups list` shows them, as relay/NAME")
	}
	return err
}

// countRow is a line of JSON.
type countRow struct {
	Relay   string `json:"relay"`
	Waiting int    `json:"waiting"`
	Parked  int    `json:"parked"`
}

func (cmd *parkedRelayCommand) count(ctx context.Context, w io.Writer, store relay.Parking) error {
	backlogs, err := store.Backlogs(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if !cmd.JSON {
		fmt.Fprintln(table, "RELAY\tWAITING\tPARKED")
	}
	for _, b := range backlogs {
		if cmd.JSON {
			err = errors.Join(err, json.NewEncoder(w).Encode(countRow(b)))
			continue
		}
		fmt.Fprintf(table, "%s\t%d\t%d\n", b.Relay, b.Waiting, b.Parked)
	}
	return errors.Join(err, table.Flush())
}

// parkedRow is a line of JSON. It has no session id, which is a credential: the
// position leads to the event for who may read it.
type parkedRow struct {
	Position   int64     `json:"position"`
	App        string    `json:"app"`
	SessionRef string    `json:"session_ref"`
	Attempts   int       `json:"attempts"`
	Since      time.Time `json:"deferred_at"`
	Reason     string    `json:"reason"`
}

func (cmd *parkedRelayCommand) list(ctx context.Context, w io.Writer, store relay.Parking, refs sessionref.Key) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if !cmd.JSON {
		fmt.Fprintln(table, "POSITION\tAPP\tSESSION REF\tATTEMPTS\tDEFERRED\tREASON")
	}
	for after := int64(0); ; {
		page, err := store.Parked(ctx, cmd.Name, after, parkedPage)
		if err != nil || len(page) == 0 {
			return errors.Join(err, table.Flush())
		}
		for _, d := range page {
			row := parkedRow{d.Position, string(d.Stream.App), refs.Of(d.Stream.App, d.Stream.Session), d.Attempts, d.Since, d.Reason}
			if err := cmd.print(w, table, row); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Position
	}
}

func (cmd *parkedRelayCommand) print(w, table io.Writer, r parkedRow) error {
	if cmd.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%s\t%s\n", r.Position, r.App, r.SessionRef, r.Attempts, r.Since.Format(time.RFC3339), r.Reason)
	return err
}

type replayRelayCommand struct {
	config.DatabaseFlags
	Name      string  `arg:"" help:"The relay."`
	Positions []int64 `arg:"" optional:"" help:"Positions of parked messages."`
	All       bool    `help:"All parked messages of the relay."`
}

// Run makes parked messages due.
func (cmd *replayRelayCommand) Run(ctx context.Context, c console) error {
	if cmd.All == (len(cmd.Positions) > 0) {
		return errors.New("what to replay has to be said: positions, or --all")
	}
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) (err error) {
		if err := knownRelay(ctx, store, cmd.Name); err != nil {
			return err
		}
		replayed := 0
		if cmd.All {
			replayed, err = store.Deferrals().ReplayAll(ctx, cmd.Name)
		} else {
			replayed, err = store.Deferrals().Replay(ctx, cmd.Name, cmd.Positions)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%d messages are due again\n", replayed)
		if missing := len(cmd.Positions) - replayed; missing > 0 {
			return fmt.Errorf("%d of the positions are not parked", missing)
		}
		return nil
	})
}
