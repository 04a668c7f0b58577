package witness

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/pubsub"
)

// SeenTable is where the subscriber that works within the transaction writes.
// It has no key: what comes twice is there twice.
const SeenTable = `CREATE TABLE torture_seen (position bigint NOT NULL, event_id text NOT NULL)`

const insertSeen = `INSERT INTO torture_seen (position, event_id) VALUES ($1, $2)`

// Subscribe is the subscriber's process: it consumes the log of a database until
// ctx ends, into the table within the transaction of the group, and into a file.
// What fails is tried again, as a service manager would.
func Subscribe(ctx context.Context, databaseURL, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		forever(ctx, databaseURL, "torture-once", once)
	}()
	forever(ctx, databaseURL, "torture-least", func(msg *message.Message, position int64) error {
		_, err := fmt.Fprintf(file, "%d %s\n", position, msg.UUID)
		return err
	})
	<-ended
	return nil
}

func once(msg *message.Message, position int64) error {
	tx, err := pubsub.Tx(msg.Context())
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(msg.Context(), insertSeen, position, msg.UUID)
	return err
}

// forever subscribes again whenever a subscription ends.
func forever(ctx context.Context, databaseURL, group string, handle func(*message.Message, int64) error) {
	const again = 300 * time.Millisecond
	for ctx.Err() == nil {
		if err := consume(ctx, databaseURL, group, handle); err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "%s %s: %v\n", time.Now().Format(time.RFC3339Nano), group, err)
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

var errEnded = errors.New("the subscription has ended")

func consume(ctx context.Context, databaseURL, group string, handle func(*message.Message, int64) error) error {
	subscriber, err := pubsub.Open(ctx, databaseURL, pubsub.Config{
		Group: group, Lease: 3 * time.Second, ResendDelay: 100 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	defer subscriber.Close()
	messages, err := subscriber.Subscribe(ctx, pubsub.Topic)
	if err != nil {
		return err
	}
	for msg := range messages {
		position, err := strconv.ParseInt(msg.Metadata.Get(pubsub.MetadataPosition), 10, 64)
		if err == nil {
			err = handle(msg, position)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s %s: position %d: %v\n", time.Now().Format(time.RFC3339Nano), group, position, err)
			msg.Nack()
			continue
		}
		msg.Ack()
	}
	return errEnded
}

// ReadFile returns what the subscriber wrote into its file. A last line that is
// not whole was being written when the process was killed.
func ReadFile(path string) (all []Sight, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for line := range strings.Lines(string(text)) {
		var s Sight
		if !strings.HasSuffix(line, "\n") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%d %s\n", &s.Position, &s.EventID); err != nil {
			return nil, fmt.Errorf("the subscriber's file: %w", err)
		}
		all = append(all, s)
	}
	return all, err
}

// ReadTable returns what the subscriber wrote into its table, by position.
func ReadTable(ctx context.Context, db *sql.DB) (all []Sight, err error) {
	rows, err := db.QueryContext(ctx, `SELECT position, event_id FROM torture_seen ORDER BY position`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s Sight
		if err := rows.Scan(&s.Position, &s.EventID); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
