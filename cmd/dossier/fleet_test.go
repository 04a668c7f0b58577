package main

import (
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/adapters/postgres/pgtest"
)

// Two servers share a database, and are sent the same deliveries at once.
func TestTwoServersStoreEachDeliveryOnce(t *testing.T) {
	t.Parallel() // it waits for processes
	databaseURL := pgtest.New(t)
	one, other := launch(t, databaseURL).client(), launch(t, databaseURL).client()
	all := deliveries(40, 4)
	r, twin := newCourier(one), newCourier(other)
	var both sync.WaitGroup
	both.Go(func() { r.sendAll(bounded(t), all, mustStore(t)) })
	both.Go(func() { twin.sendAll(bounded(t), all, mustStore(t)) })
	both.Wait()
	if diff := cmp.Diff(r.stored, twin.stored); diff != "" {
		t.Errorf("the two told different positions:\n%s", diff)
	}
	r.check(t, one, all)
	head := one.head()
	if diff := cmp.Diff(one.sessions("", head), other.sessions("", head)); diff != "" {
		t.Errorf("the two tell different sessions:\n%s", diff)
	}
	if diff := cmp.Diff(one.flags(head, "state=all"), other.flags(head, "state=all")); diff != "" {
		t.Errorf("the two tell different flags:\n%s", diff)
	}
	one.checkWhole(t, databaseURL)
}

// mustStore says that no delivery is refused.
func mustStore(t *testing.T) func(int, string) {
	return func(status int, slug string) {
		if status != http.StatusOK {
			t.Errorf("a healthy server answered %d %s", status, slug)
		}
	}
}

// A server that is killed may hold the log's lock and be the one that projects.
func TestAKilledServerDoesNotStopTheOther(t *testing.T) {
	t.Parallel() // it waits for processes
	databaseURL := pgtest.New(t)
	victim, survivor := launch(t, databaseURL), launch(t, databaseURL).client()
	all := deliveries(40, 5)
	r, twin := newCourier(survivor), newCourier(victim.client())
	var kill sync.Once
	twin.answer = func(stored int) {
		if stored >= len(all)/2 {
			kill.Do(func() { _ = victim.cmd.Process.Kill() })
		}
	}
	var both sync.WaitGroup
	both.Go(func() { r.sendAll(bounded(t), all, mustStore(t)) })
	both.Go(func() { twin.sendAll(bounded(t), all, nil) })
	both.Wait()
	victim.kill()
	for id, position := range twin.stored {
		r.note(id, position) // the same delivery has the same position, whoever told it
	}
	r.check(t, survivor, all)
}

// An event that one server wrote wakes the other, so that a read there need not
// wait for a poll.
func TestAServerReadsWhatAnotherWrote(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.New(t)
	one, other := serve(t, databaseURL), serve(t, databaseURL)
	written := one.send(hook{fields: good()}, "applied").last
	equal(t, "status, read at the other", other.session(person, written).Status, "PENDING_VERIFICATION")
	ruledAtTheOther := one.send(hook{fields: withID(person, whole("RESET", ""))}, "applied").last
	equal(t, "cycle, read at the other", other.session(person, ruledAtTheOther).Cycle, 2)
	equal(t, "version that the other writes next", other.send(hook{fields: good()}, "applied").Version, 3)
	equal(t, "version that the first writes next", one.send(hook{fields: withID(person, whole("APPROVED", ""))}, "applied").Version, 4)
}
