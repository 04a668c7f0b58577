package consumer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"dossier/application/consumer"
)

func TestAGroupsNameHasFewCharacters(t *testing.T) {
	for _, name := range []string{"a", "0", "accounts", "a.b-c_d", strings.Repeat("a", 100)} {
		if err := consumer.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{
		"", "A", "a b", "a/b", ".a", "-a", "_a", "é", "a\n", "a\x00", "\na", consumer.RelayName("a"), strings.Repeat("a", 101),
	} {
		if err := consumer.CheckName(name); !errors.Is(err, consumer.ErrName) {
			t.Errorf("%q: got %v, wanted ErrName", name, err)
		}
	}
}

func TestARelaysGroupIsToldFromOthers(t *testing.T) {
	id := consumer.ID{Topic: "events", Name: consumer.RelayName("crm")}
	if name, ok := id.Relay(); !ok || name != "crm" {
		t.Errorf("the relay of %q is %q, %v", id.Name, name, ok)
	}
	for _, name := range []string{"", "crm", "relay", "relay/", "relays/crm", "a/relay/b"} {
		if got, ok := (consumer.ID{Name: name}).Relay(); ok {
			t.Errorf("the group %q is that of the relay %q", name, got)
		}
	}
}

func TestAGroupStartsWithinTheTopic(t *testing.T) {
	for _, c := range []struct {
		start    consumer.Start
		head, at int64
		err      error
	}{
		{consumer.Start{}, 7, 0, nil},
		{consumer.Beginning(), 7, 0, nil},
		{consumer.After(3), 7, 3, nil},
		{consumer.After(7), 7, 7, nil},
		{consumer.After(-1), 7, 0, nil},
		{consumer.End(), 7, 7, nil},
		{consumer.End(), 0, 0, nil},
		{consumer.After(8), 7, 0, consumer.ErrBeyondHead},
	} {
		at, err := c.start.At(c.head)
		if at != c.at || !errors.Is(err, c.err) {
			t.Errorf("%+v with the head %d: got %d and %v, wanted %d and %v", c.start, c.head, at, err, c.at, c.err)
		}
	}
}

func TestALagIsNeverNegative(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		group consumer.Group
		lag   int64
		delay time.Duration
	}{
		{consumer.Group{Position: 3, Head: 10, Since: now.Add(-time.Minute)}, 7, time.Minute},
		{consumer.Group{Position: 10, Head: 10}, 0, 0},
		{consumer.Group{Position: 12, Head: 10}, 0, 0},
		{consumer.Group{Position: 9, Head: 10, Since: now.Add(time.Second)}, 1, 0}, // clocks differ
	} {
		if lag, delay := c.group.Lag(), c.group.Delay(now); lag != c.lag || delay != c.delay {
			t.Errorf("%+v: %d events and %s, wanted %d and %s", c.group, lag, delay, c.lag, c.delay)
		}
	}
}

func ExampleStart_At() {
	_, err := consumer.After(12).At(7)
	fmt.Println(err)
	// Output: position 12, the head is 7: the position is beyond the head
}
