package consumer

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

var (
	// ErrUnknownGroup: there is no group of that name.
	ErrUnknownGroup = errors.New("there is no such consumer group")
	// ErrHeld: another consumer has the group. Wait until it ends, or until its
	// claim runs out.
	ErrHeld = errors.New("another consumer holds the group")
	// ErrLost: the group is no more where its holder left it, or has another
	// holder. Nothing was moved; what was done in the same transaction must not
	// be committed.
	ErrLost = errors.New("the consumer group was taken over or moved")
	// ErrBeyondHead: the position is behind the last message of the topic. The
	// topic may have been restored from a backup that is older than the group.
	ErrBeyondHead = errors.New("the position is beyond the head")
	// ErrName: the text is no name of a group.
	ErrName = errors.New("a group's name has 1 to 100 characters of a-z, 0-9, dot, dash and underscore, and begins with a letter or digit")
)

// ID names a group within a topic.
type ID struct {
	Topic string
	Name  string
}

// Group is where a group stands.
type Group struct {
	ID
	Position int64 // up to which all was consumed; 0: nothing yet
	MovedAt  time.Time
	// Holder is who consumes, or did last; empty if it gave the group back.
	Holder    string
	HeldUntil time.Time
	// Head is the position of the topic's last message, and Since when the first
	// that the group has not consumed was recorded; zero if there is none. Both are
	// known of the topic of events only.
	Head  int64
	Since time.Time
}

// Lag returns how many messages the group has not consumed.
func (g Group) Lag() int64 { return max(0, g.Head-g.Position) }

// Delay returns for how long the oldest of them has waited.
func (g Group) Delay(now time.Time) time.Duration {
	if g.Since.IsZero() {
		return 0
	}
	return max(0, now.Sub(g.Since))
}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// CheckName returns ErrName for what is no name of a group.
func CheckName(text string) error {
	if !name.MatchString(text) {
		return ErrName
	}
	return nil
}

// relayPrefix can't begin the name of any other group.
const relayPrefix = "relay/"

// RelayName returns the name of the group under which a relay keeps its place.
func RelayName(relay string) string { return relayPrefix + relay }

// Relay returns the relay that a group is the place of; ok is false for a group
// of subscribers.
func (id ID) Relay() (relay string, ok bool) {
	if len(id.Name) <= len(relayPrefix) || id.Name[:len(relayPrefix)] != relayPrefix {
		return "", false
	}
	return id.Name[len(relayPrefix):], true
}

// Start is where a group begins that does not exist yet. The zero value is the
// beginning.
type Start struct {
	after int64
	end   bool
}

// Beginning starts with the first message.
func Beginning() Start { return Start{} }

// After starts with the message after a position.
func After(position int64) Start { return Start{after: max(0, position)} }

// End starts with the first message after those that are there.
func End() Start { return Start{end: true} }

// At returns the position of a group that starts in a topic with that head. It
// returns ErrBeyondHead.
func (s Start) At(head int64) (int64, error) {
	switch {
	case s.end:
		return head, nil
	case s.after > head:
		return 0, fmt.Errorf("position %d, the head is %d: %w", s.after, head, ErrBeyondHead)
	default:
		return s.after, nil
	}
}
