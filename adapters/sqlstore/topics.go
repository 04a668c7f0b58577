package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
)

var (
	// ErrTopic: the text is no name of a topic.
	ErrTopic = errors.New("a topic's name has 1 to 57 characters of A-Z, a-z, 0-9 and -$:._")
	// ErrUnknownTopic: the topic has no table yet. Publishing to it makes one.
	ErrUnknownTopic = errors.New("there is no such topic; it is made when it is first published to, or initialized")
)

// topicName has no character that could end a quoted identifier or a text, and
// is short enough that PostgreSQL cuts nothing off it.
var topicName = regexp.MustCompile(`^[A-Za-z0-9$:._-]{1,57}$`)

// TopicTable returns the quoted name of the table of a topic that is not the
// log. It returns ErrTopic.
func TopicTable(topic string) (string, error) {
	if !topicName.MatchString(topic) {
		return "", fmt.Errorf("topic of %d bytes: %w", len(topic), ErrTopic)
	}
	return `"topic_` + topic + `"`, nil
}

const (
	selectTopicHead = `SELECT coalesce(max(position), 0) FROM @`

	selectMessages = `SELECT position, uuid, payload, metadata FROM @ WHERE position > $1 ORDER BY position LIMIT $2`
)

// onTopic returns a statement for the table of a topic, which is an @ in it.
func onTopic(table, statement string) string { return strings.ReplaceAll(statement, "@", table) }

// Message is a message of a topic other than the log.
type Message struct {
	Position int64 // from 1, without holes, in commit order
	UUID     string
	Payload  []byte
	Metadata string // JSON
}

// topicHeads are the positions of topics, by their tables, up to which messages
// may be given out.
type topicHeads struct {
	mu      sync.Mutex
	certain map[string]int64
}

func (h *topicHeads) at(table string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.certain[table]
}

func (h *topicHeads) rise(table string, position int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.certain == nil {
		h.certain = map[string]int64{}
	}
	h.certain[table] = max(h.certain[table], position)
}

// ReadTopic calls take for up to limit messages of a topic after a position, in
// position order: those that no failover can lose.
func (c *Consumer) ReadTopic(ctx context.Context, topic string, after int64, limit int, take func(Message) error) error {
	table, err := TopicTable(topic)
	if err != nil {
		return err
	}
	var read []Message
	err = each(ctx, preparedReads{c.store}, func(rows *sql.Rows) error {
		var m Message
		err := rows.Scan(&m.Position, &m.UUID, &m.Payload, &m.Metadata)
		read = append(read, m)
		return err
	}, onTopic(table, selectMessages), after, limit)
	if err != nil || len(read) == 0 {
		return c.store.readError("read a topic", err)
	}
	if last := read[len(read)-1].Position; last > c.topics.at(table) && c.store.confirmSeen(ctx) {
		c.topics.rise(table, last)
	}
	for _, m := range read {
		if m.Position > c.topics.at(table) && c.dialect.Confirm != "" {
			return nil
		}
		if err := take(m); err != nil {
			return err
		}
	}
	return nil
}

// HasTopic says whether a topic other than the log has a table.
func (c *Consumer) HasTopic(ctx context.Context, topic string) (found bool, err error) {
	table, err := TopicTable(topic)
	if err != nil {
		return false, err
	}
	err = c.pools.Acks.QueryRowContext(ctx, onTopic(table, c.dialect.HasTopic)).Scan(&found)
	return found, c.store.readError("look for a topic", err)
}

// CreateTopic makes the table of a topic unless there is one. Any number may
// do so at once.
func (c *Consumer) CreateTopic(ctx context.Context, topic string) error {
	found, err := c.HasTopic(ctx, topic)
	if err != nil || found {
		return err
	}
	table, err := TopicTable(topic)
	if err != nil {
		return err
	}
	_, err = c.pools.Handlers.ExecContext(ctx, onTopic(table, c.dialect.CreateTopic))
	return c.store.readError("make a topic", err)
}

// InsertMessages returns the statement that appends messages to a topic, whose
// database gives them their positions. It works on any connection, whatever its
// driver and settings. Texts must be what both databases can store, or it
// returns eventlog.ErrUnstorable.
func (c *Consumer) InsertMessages(topic string, messages []Message, at time.Time) (statement, parameter string, err error) {
	table, err := TopicTable(topic)
	if err != nil {
		return "", "", err
	}
	rows := make([][4]any, len(messages))
	for i, m := range messages {
		if !storable(m.UUID) || !storable(m.Metadata) {
			return "", "", fmt.Errorf("text with NUL or invalid UTF-8: %w", eventlog.ErrUnstorable)
		}
		rows[i] = [4]any{m.UUID, hex.EncodeToString(m.Payload), m.Metadata, codec.Micros(at)}
	}
	encoded, err := json.Marshal(rows)
	return onTopic(table, c.dialect.InsertMessages), string(encoded), err
}
