package brokertest

import (
	"fmt"
	"slices"

	"dossier/application/relay"
)

// Check returns what is wrong with what a broker holds of the messages that
// were published: one is missing or changed, or one of a session was stored
// before an earlier one of that session.
func Check(stored []Stored, published []relay.Message) error {
	held := make(map[string]Stored, len(stored))
	order := make(map[string][]string) // by key; the first appearances
	for _, s := range stored {
		if _, again := held[s.ID]; !again {
			held[s.ID] = s
			order[s.Key] = append(order[s.Key], s.ID)
		}
	}
	if len(held) > len(published) {
		return fmt.Errorf("%d events were published, %d are stored", len(published), len(held))
	}
	want := make(map[string][]string)
	for _, m := range published {
		if got, want := held[m.Event.EventID], asStored(m); got != want {
			return fmt.Errorf("event %d is stored as %+v, want %+v", m.Event.Position, got, want)
		}
		want[m.Key] = append(want[m.Key], m.Event.EventID)
	}
	for key := range want {
		if !slices.Equal(order[key], want[key]) {
			return fmt.Errorf("the events of session %s are stored in another order than they were published", key)
		}
	}
	return nil
}

// CheckOnce is [Check], and that nothing is stored twice.
func CheckOnce(stored []Stored, published []relay.Message) error {
	if len(stored) > len(published) {
		return fmt.Errorf("%d events were published, %d are stored", len(published), len(stored))
	}
	return Check(stored, published)
}

func asStored(m relay.Message) Stored {
	return Stored{ID: m.Event.EventID, Type: m.Event.Type, Key: m.Key, Body: string(m.Body)}
}
