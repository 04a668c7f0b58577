package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"dossier/adapters/pubsub"
)

// consume lets a group of subscribers consume n events, and ends.
func consume(t *testing.T, databaseURL, group string, n int) {
	t.Helper()
	subscriber, err := pubsub.Open(bounded(t), databaseURL, pubsub.Config{Group: group})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := subscriber.Subscribe(bounded(t), pubsub.Topic)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		message := <-messages
		message.Ack()
	}
	if err := subscriber.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGroupsAreListedMovedAndDeleted(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		for _, session := range []string{"one", "two", "three"} {
			s.send(submitted(session), "applied")
		}
		consume(t, databaseURL, "accounts", 2)
		list := must(t, databaseURL, "groups", "list")
		if !regexp.MustCompile(`(?m)^events +accounts +2 +1 `).MatchString(list) {
			t.Errorf("the list is\n%s", list)
		}
		metrics := string(s.get("/metrics").body)
		for _, line := range []string{`dossier_group_lag_events{group="accounts",topic="events"} 1`, `dossier_group_lag_seconds{group="accounts",topic="events"} `} {
			if !strings.Contains(metrics, line) {
				t.Errorf("the metrics lack %s", line)
			}
		}
		equal(t, "seek", must(t, databaseURL, "groups", "seek", "accounts", "--position=0"), "accounts moved from 2 to 0\n")
		consume(t, databaseURL, "accounts", 3) // from the beginning
		if list := must(t, databaseURL, "groups", "list", "--json"); !strings.Contains(list, `"name":"accounts","position":3,"lag_events":0,"delay_seconds":0`) {
			t.Errorf("the list is %s", list)
		}
		equal(t, "delete", must(t, databaseURL, "groups", "delete", "accounts"), "accounts deleted; it was at 3\n")
		for what, c := range map[string]struct {
			args []string
			says string
		}{
			"an unknown group":           {[]string{"seek", "accounts", "--position=0"}, "no such consumer group"},
			"an unknown group to delete": {[]string{"delete", "accounts"}, "no such consumer group"},
		} {
			o := carryOut(t, databaseURL, append([]string{"groups"}, c.args...)...)
			if o.code != exitFailure || !strings.Contains(o.err, c.says) {
				t.Errorf("%s: exit code %d, %q", what, o.code, o.err)
			}
		}
	})
}

func TestAGroupThatIsHeldIsNotMoved(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		serve(t, databaseURL).send(submitted("one"), "applied")
		subscriber, err := pubsub.Open(bounded(t), databaseURL, pubsub.Config{Group: "accounts", Lease: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(bounded(t))
		defer cancel()
		if _, err := subscriber.Subscribe(ctx, pubsub.Topic); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"seek", "accounts", "--position=0"}, {"delete", "accounts"}} {
			o := carryOut(t, databaseURL, append([]string{"groups"}, args...)...)
			if o.code != exitFailure || !strings.Contains(o.err, "another consumer holds the group") {
				t.Errorf("%v: exit code %d, %q", args, o.code, o.err)
			}
		}
		cancel()
		if err := subscriber.Close(); err != nil {
			t.Fatal(err)
		}
		o := carryOut(t, databaseURL, "groups", "seek", "accounts", "--position=9")
		if o.code != exitFailure || !strings.Contains(o.err, "beyond the head") {
			t.Errorf("beyond the head: exit code %d, %q", o.code, o.err)
		}
	})
}
