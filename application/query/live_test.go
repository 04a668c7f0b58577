package query_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/eventlog"
	"dossier/application/query"
)

// countedLog is a log that counts how often it is asked.
type countedLog struct {
	*fake
	counting    sync.Mutex
	heads, read int
	filtered    int
	away        error
}

func (c *countedLog) Head(ctx context.Context) (int64, error) {
	c.count(&c.heads)
	return c.fake.Head(ctx)
}

func (c *countedLog) ReadAll(_ context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	if err := c.count(&c.read); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.events[min(after, int64(len(c.events))):]
	return events[:min(limit, len(events))], nil
}

func (c *countedLog) ReadBehind(ctx context.Context, at eventlog.Place, limit int) ([]eventlog.Recorded, error) {
	if at.EventID == "" {
		return c.ReadAll(ctx, at.Position, limit)
	}
	events, err := c.ReadAll(ctx, at.Position-1, limit+1)
	if err == nil && (len(events) == 0 || events[0].EventID != at.EventID) {
		return nil, eventlog.ErrOtherHistory
	}
	return events[min(1, len(events)):], err
}

func (c *countedLog) ReadFiltered(ctx context.Context, f eventlog.Filter, after int64, limit int) ([]eventlog.Recorded, int64, error) {
	c.count(&c.filtered)
	events, err := c.ReadAll(ctx, after, limit)
	return events, after + int64(len(events)), err
}

func (c *countedLog) count(n *int) error {
	c.counting.Lock()
	defer c.counting.Unlock()
	*n++
	return c.away
}

// asked returns how often pages were read since the last time.
func (c *countedLog) asked() int {
	synctest.Wait()
	c.counting.Lock()
	defer c.counting.Unlock()
	n := c.read
	c.read = 0
	return n
}

func (c *countedLog) live() *query.Live {
	return query.New(query.Sources{Models: c, Log: c, Grown: &c.grown, Advanced: &c.advanced}).Live()
}

// grow records events and tells of them.
func (c *countedLog) grow(n int) {
	c.record(n)
	c.grown.Notify()
	synctest.Wait()
}

// follow begins to follow until the test ends.
func follow(t *testing.T, l *query.Live) *query.Follower {
	t.Helper()
	f, err := l.Follow(t.Context(), eventlog.Place{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// wantNext checks the positions of the next page, and how far it looked.
func wantNext(t *testing.T, f *query.Follower, filter eventlog.Filter, after int64, limit, n int, through int64) {
	t.Helper()
	events, got, err := f.Next(t.Context(), filter, eventlog.Place{Position: after}, limit)
	if err != nil || len(events) != n || got.Position != through {
		t.Errorf("after %d: %d events through %d, %v, want %d through %d", after, len(events), got.Position, err, n, through)
	}
	if n > 0 && filter == (eventlog.Filter{}) && (events[0].Position != after+1 || events[n-1].Position != through) {
		t.Errorf("after %d: %d to %d", after, events[0].Position, events[n-1].Position)
	}
}

func TestFollowersShareWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &countedLog{fake: &fake{}}
		log.record(10)
		live := log.live()
		var all []*query.Follower
		for range 50 {
			all = append(all, follow(t, live))
		}
		changed := all[0].Changed()
		log.asked()
		log.grow(3)
		<-changed
		if n := log.asked(); n != 2 { // the new page, and that there is no more
			t.Errorf("%d reads of one page", n)
		}
		for _, f := range all {
			wantNext(t, f, eventlog.Filter{}, 10, 2, 2, 12)
			wantNext(t, f, eventlog.Filter{}, 12, 2, 1, 13)
			wantNext(t, f, eventlog.Filter{}, 13, 2, 0, 13)
			wantNext(t, f, eventlog.Filter{App: "other"}, 10, 9, 0, 13)
			wantNext(t, f, eventlog.Filter{App: "default", Type: "kyc.status_changed.v1"}, 10, 9, 3, 13)
		}
		if n := log.asked() + log.filtered; n != 0 {
			t.Errorf("%d reads of what is held", n)
		}
		for _, f := range all {
			f.Close()
			f.Close() // again, which does nothing
		}
		time.Sleep(time.Minute)
		if n := log.asked(); n != 0 {
			t.Errorf("%d reads when nobody follows", n)
		}
	})
}

func TestWhoIsBehindReadsForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &countedLog{fake: &fake{}}
		log.record(10)
		f := follow(t, log.live())
		defer f.Close()
		if f.Head != 10 {
			t.Errorf("the head is %d", f.Head)
		}
		log.grow(5)
		wantNext(t, f, eventlog.Filter{}, 0, 4, 4, 4)
		wantNext(t, f, eventlog.Filter{App: "default"}, 4, 4, 4, 8)
		if log.filtered != 1 {
			t.Errorf("%d filtered reads", log.filtered)
		}
	})
}

func TestAnIdleEdgeLooksOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &countedLog{fake: &fake{}}
		live := log.live()
		for range 100 {
			defer follow(t, live).Close()
		}
		log.asked()
		time.Sleep(10 * time.Minute)
		if n := log.asked(); n > 10*60 {
			t.Errorf("%d reads in ten minutes", n)
		}
	})
}

// The wake-up is a hint: what it does not tell of is found all the same.
func TestWhatNobodyToldOfIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &countedLog{fake: &fake{}}
		f := follow(t, log.live())
		defer f.Close()
		changed := f.Changed()
		log.record(1)
		began := time.Now()
		<-changed
		if took := time.Since(began); took > time.Second {
			t.Errorf("after %v", took)
		}
		wantNext(t, f, eventlog.Filter{}, 0, 9, 1, 1)
	})
}

func TestTheEdgeOutlivesALogThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &countedLog{fake: &fake{}}
		f := follow(t, log.live())
		defer f.Close()
		log.counting.Lock()
		log.away = errAway
		log.counting.Unlock()
		log.grow(1)
		log.asked()
		time.Sleep(time.Minute)
		if n := log.asked(); n > 60 {
			t.Errorf("%d tries in a minute", n)
		}
		changed := f.Changed()
		log.counting.Lock()
		log.away = nil
		log.counting.Unlock()
		<-changed
		wantNext(t, f, eventlog.Filter{}, 0, 9, 1, 1)
	})
}

func TestAnUnreadableHeadIsTold(t *testing.T) {
	log := &countedLog{fake: &fake{fault: errAway}}
	if _, err := log.live().Follow(t.Context(), eventlog.Place{}); !errors.Is(err, errAway) {
		t.Error(err)
	}
}

// What is held for followers is bounded by its number and by its text.
func TestTheEdgeIsBounded(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("x", 64<<10)} {
		synctest.Test(t, func(t *testing.T) {
			log := &countedLog{fake: &fake{}}
			f := follow(t, log.live())
			defer f.Close()
			most := 2 * 4096
			if text != "" {
				most = 2*(8<<20)/len(text) + 512
			}
			for range 20 {
				synctest.Wait() // until all that there is was read: it must not change
				log.record(512)
				for i := range 512 {
					log.events[len(log.events)-1-i].Data = text
				}
				log.grow(0)
			}
			log.asked()
			head := int64(len(log.events))
			wantNext(t, f, eventlog.Filter{}, head-100, 100, 100, head)
			if n := log.asked(); n != 0 {
				t.Errorf("%d reads of the newest", n)
			}
			wantNext(t, f, eventlog.Filter{}, head-int64(most)-1, 100, 100, head-int64(most)+99)
			if n := log.asked(); n != 1 {
				t.Errorf("%d reads of what should be forgotten", n)
			}
		})
	}
}

// rewrittenLog is a log that a failover may cut back.
type rewrittenLog struct {
	*countedLog
	histories atomic.Int64
}

func (r *rewrittenLog) Histories() int64 { return r.histories.Load() }

// Positions behind the new head will be of other events: who waits there would
// miss them.
func TestFollowersOfALogThatWasCutBackEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &rewrittenLog{countedLog: &countedLog{fake: &fake{}}}
		log.grow(5)
		live := query.New(query.Sources{Models: log, Log: log, Grown: &log.grown, Advanced: &log.advanced}).Live()
		f := follow(t, live)
		defer f.Close()
		synctest.Wait()
		wantNext(t, f, eventlog.Filter{}, 5, 10, 0, 5)
		changed := f.Changed()
		log.histories.Add(1)
		<-changed
		if _, _, err := f.Next(t.Context(), eventlog.Filter{}, eventlog.Place{Position: 5}, 10); !errors.Is(err, eventlog.ErrOtherHistory) {
			t.Errorf("who follows gets %v", err)
		}
		again := follow(t, live)
		defer again.Close()
		synctest.Wait()
		wantNext(t, again, eventlog.Filter{}, 5, 10, 0, 5)
	})
}

// Another process may have found out that the log was cut back, and this one not:
// the edge looks at the event that it has read last.
func TestFollowersEndWhenTheLastEventIsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &countedLog{fake: &fake{}}
		log.record(5)
		f := follow(t, log.live())
		defer f.Close()
		synctest.Wait()
		changed := f.Changed()
		log.mu.Lock()
		log.events = log.events[:3]
		log.mu.Unlock()
		log.record(4)
		log.mu.Lock()
		for i := range log.events[3:] {
			log.events[3+i].EventID = "other"
		}
		log.mu.Unlock()
		<-changed
		for _, at := range []eventlog.Place{{Position: 5, EventID: "e5"}, {Position: 5}, {Position: 2, EventID: "e2"}} {
			if _, _, err := f.Next(t.Context(), eventlog.Filter{}, at, 10); !errors.Is(err, eventlog.ErrOtherHistory) {
				t.Errorf("at %+v: %v", at, err)
			}
		}
	})
}

// Who is behind, or has just come up with what is held in memory, is not given
// what follows another event.
func TestAFollowersOwnPlaceIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &countedLog{fake: &fake{}}
		log.record(10)
		f := follow(t, log.live())
		defer f.Close()
		synctest.Wait()
		log.grow(5)
		for position := int64(1); position <= 15; position++ {
			for _, filter := range []eventlog.Filter{{}, {App: "default"}} {
				if filter.App != "" && position > 14 {
					continue
				}
				_, _, err := f.Next(t.Context(), filter, eventlog.Place{Position: position, EventID: "x"}, 3)
				if !errors.Is(err, eventlog.ErrOtherHistory) {
					t.Errorf("behind another event at %d: %v", position, err)
				}
				at := eventlog.Place{Position: position, EventID: log.events[position-1].EventID}
				if _, _, err := f.Next(t.Context(), filter, at, 3); err != nil {
					t.Errorf("behind %+v: %v", at, err)
				}
			}
		}
		if _, err := log.live().Follow(t.Context(), eventlog.Place{Position: 3, EventID: "e4"}); !errors.Is(err, eventlog.ErrOtherHistory) {
			t.Errorf("a follower at another event: %v", err)
		}
	})
}
