package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"dossier/adapters/storetest"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

// The place of a relay may be lost by a failover, for it is made again. What a
// person decides of it is not: nobody would decide it again.
func TestWhatAPersonDecidesOfARelayIsOnTheStandby(t *testing.T) {
	p := newPair(t)
	s := run(t, p.url, storetest.Options{})
	appended(t, s, "1", "2")
	ctx, groups, deferred := t.Context(), s.Groups(), s.Deferrals()
	crm, old := consumer.ID{Topic: eventlog.Topic, Name: consumer.RelayName("crm")}, consumer.ID{Topic: eventlog.Topic, Name: "old"}
	parks(t, groups, deferred, crm)
	_, err := groups.Claim(ctx, consumer.Claim{ID: old, Holder: "me", Lease: time.Minute, Start: consumer.Beginning()})
	must(t, errors.Join(err, groups.Release(ctx, old, "me")))
	decided := map[string]func() error{
		"seek":       func() error { _, err := groups.Seek(ctx, crm, 0); return err },
		"delete":     func() error { _, err := groups.Delete(ctx, old); return err },
		"replay":     func() error { _, err := deferred.Replay(ctx, "crm", []int64{1}); return err },
		"replay all": func() error { _, err := deferred.ReplayAll(ctx, "crm"); return err },
	}
	p.away(t)
	for _, round := range [][]string{{"seek", "delete", "replay"}, {"seek", "delete", "replay all"}, {"replay"}} { // what is done already, too
		var deciding sync.WaitGroup
		for _, name := range round {
			deciding.Go(func() {
				if err := decided[name](); !errors.Is(err, eventlog.ErrNotReplicated) {
					t.Errorf("%s of %v without a standby: %v, want %v", name, round, err, eventlog.ErrNotReplicated)
				}
			})
		}
		deciding.Wait()
	}
	must(t, groups.Move(ctx, consumer.Move{ID: claimedAt(t, groups, crm, 0), Holder: "me", From: 0, To: 1})) // goes on
	must(t, groups.Release(ctx, crm, "me"))
	p.back(t)
	until(t, "all is said again", func() bool { return decided["seek"]() == nil })
	must(t, errors.Join(decided["replay"](), decided["replay all"]()))
	if err := decided["delete"](); !errors.Is(err, consumer.ErrUnknownGroup) {
		t.Errorf("the group that was deleted: %v", err)
	}
	must(t, p.primary.Kill())
	must(t, p.standby.Promote(ctx))
	for what, statement := range map[string]string{
		"the relay is at another position": `SELECT count(*) FROM consumer_groups WHERE name = 'relay/crm' AND (position <> 0 OR generation = 0)`,
		"the group is not deleted":         `SELECT count(*) FROM consumer_groups WHERE name = 'old'`,
		"the messages are parked":          `SELECT count(*) FROM relay_deferred WHERE due_at = 0`,
	} {
		if n := query(t, p.standby.URL("postgres"), statement); n != 0 {
			t.Errorf("after a failover %s", what)
		}
	}
}

// parks makes a relay that came to the end and parked both of its messages.
func parks(t *testing.T, groups consumer.Store, deferred relay.Deferrals, id consumer.ID) {
	t.Helper()
	parked := []relay.Deferred{}
	for position := int64(1); position <= 2; position++ {
		parked = append(parked, relay.Deferred{
			Position: position, Stream: eventlog.Stream{App: "default", Session: "a"}, Attempts: 8, Since: time.Now(), Reason: "answered 500",
		})
	}
	must(t, deferred.Settle(t.Context(), consumer.Move{ID: claimedAt(t, groups, id, 0), Holder: "me", From: 0, To: 2}, parked))
	must(t, groups.Release(context.WithoutCancel(t.Context()), id, "me"))
}

// claimedAt claims a group that is at a position.
func claimedAt(t *testing.T, groups consumer.Store, id consumer.ID, position int64) consumer.ID {
	t.Helper()
	grant, err := groups.Claim(t.Context(), consumer.Claim{ID: id, Holder: "me", Lease: time.Minute, Start: consumer.Beginning()})
	must(t, err)
	if grant.Position != position {
		t.Fatalf("%v is at %d, want %d", id, grant.Position, position)
	}
	return id
}
