package sqlstore

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrTopic: the text is no name of a topic.
var ErrTopic = errors.New("a topic's name has 1 to 57 characters of A-Z, a-z, 0-9 and -$:._")

// topicName has no character that could end a quoted identifier, and is short
// enough that PostgreSQL cuts nothing off it.
var topicName = regexp.MustCompile(`^[A-Za-z0-9$:._-]{1,57}$`)

// TopicTable returns the quoted name of the table of a topic that is not the
// log. It returns ErrTopic.
func TopicTable(topic string) (string, error) {
	if !topicName.MatchString(topic) {
		return "", fmt.Errorf("topic of %d bytes: %w", len(topic), ErrTopic)
	}
	return `"topic_` + topic + `"`, nil
}

const selectTopicHead = `SELECT coalesce(max(position), 0) FROM @`

// onTopic returns a statement for the table of a topic, which is an @ in it.
func onTopic(table, statement string) string { return strings.ReplaceAll(statement, "@", table) }
