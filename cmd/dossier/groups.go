package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/cmd/dossier/internal/config"
)

// groupsCommand shows and moves consumer groups: those of subscribers, and the
// places of relays.
type groupsCommand struct {
	List   listGroupsCommand  `cmd:"" help:"List the consumer groups: where each stands, and how far behind."`
	Seek   seekGroupCommand   `cmd:"" help:"Move a group that nobody holds, to consume events again or to leave some out."`
	Delete deleteGroupCommand `cmd:"" help:"Forget a group that nobody holds. A consumer of that name begins anew."`
}

type listGroupsCommand struct {
	config.DatabaseFlags
	JSON bool `help:"Print JSON."`
}

// Run lists the groups.
func (cmd *listGroupsCommand) Run(ctx context.Context, c console) error {
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) error {
		groups, err := store.Groups().Groups(ctx)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printGroupsJSON(c.out, groups, time.Now())
		}
		return printGroups(c.out, groups, time.Now())
	})
}

func printGroups(w io.Writer, groups []consumer.Group, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TOPIC\tGROUP\tPOSITION\tLAG\tDELAY\tMOVED\tHELD")
	for _, g := range groups {
		lag, delay := "-", "-" // known of the log only
		if g.Topic == eventlog.Topic {
			lag, delay = strconv.FormatInt(g.Lag(), 10), g.Delay(now).Round(time.Millisecond).String()
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", g.Topic, g.Name, g.Position, lag, delay,
			g.MovedAt.Format(time.RFC3339), yesOrNo(g.HeldUntil.After(now)))
	}
	return table.Flush()
}

func yesOrNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func printGroupsJSON(w io.Writer, groups []consumer.Group, now time.Time) error {
	type row struct {
		Topic        string    `json:"topic"`
		Name         string    `json:"name"`
		Position     int64     `json:"position"`
		LagEvents    *int64    `json:"lag_events,omitempty"`
		DelaySeconds *float64  `json:"delay_seconds,omitempty"`
		MovedAt      time.Time `json:"moved_at"`
		Held         bool      `json:"held"`
	}
	rows := make([]row, 0, len(groups))
	for _, g := range groups {
		r := row{Topic: g.Topic, Name: g.Name, Position: g.Position, MovedAt: g.MovedAt, Held: g.HeldUntil.After(now)}
		if g.Topic == eventlog.Topic {
			lag, delay := g.Lag(), g.Delay(now).Seconds()
			r.LagEvents, r.DelaySeconds = &lag, &delay
		}
		rows = append(rows, r)
	}
	return json.NewEncoder(w).Encode(rows)
}

// groupFlags name one group.
type groupFlags struct {
	config.DatabaseFlags
	Name  string `arg:"" help:"The group, as the list shows it."`
	Topic string `default:"events" help:"Its topic."`
}

func (f groupFlags) id() consumer.ID { return consumer.ID{Topic: f.Topic, Name: f.Name} }

type seekGroupCommand struct {
	groupFlags
	Position int64 `required:"" placeholder:"POSITION" help:"The last event that counts as consumed; 0 begins at the beginning."`
}

// Run moves a group.
func (cmd *seekGroupCommand) Run(ctx context.Context, c console) error {
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) error {
		was, err := store.Groups().Seek(ctx, cmd.id(), cmd.Position)
		if err == nil {
			_, err = fmt.Fprintf(c.out, "%s moved from %d to %d\n", cmd.Name, was.Position, cmd.Position)
		}
		return err
	})
}

type deleteGroupCommand struct{ groupFlags }

// Run forgets a group.
func (cmd *deleteGroupCommand) Run(ctx context.Context, c console) error {
	return withStore(ctx, cmd, c, func(store *sqlstore.Store) error {
		was, err := store.Groups().Delete(ctx, cmd.id())
		if err == nil {
			_, err = fmt.Fprintf(c.out, "%s deleted; it was at %d\n", cmd.Name, was.Position)
		}
		return err
	})
}
