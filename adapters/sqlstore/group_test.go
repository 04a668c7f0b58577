package sqlstore_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"dossier/adapters/sqlstore"
)

// counting implements sqlstore.Meter.
type counting struct {
	mu              sync.Mutex
	appends, events []int
}

func (c *counting) Batch(appends, events int, _, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.appends, c.events = append(c.appends, appends), append(c.events, events)
}

func (*counting) Queued(int) {}

// Appends that come while a batch is being written share the next ones: there
// are far fewer transactions than appends, and none waits for company.
func TestAppendsShareTransactions(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		meter := &counting{}
		reached, opened := make(chan struct{}), make(chan struct{})
		var first sync.Once
		c := quiet()
		c.Meter = meter
		c.Probe = sqlstore.Probe{BeforeCommit: func() {
			first.Do(func() {
				close(reached)
				<-opened
			})
		}}
		s := b.run(t, c)
		var appends sync.WaitGroup
		add := func(i int) {
			appends.Go(func() {
				if _, err := s.Append(t.Context(), request(fmt.Sprint(i%7), "x")); err != nil {
					t.Error(err)
				}
			})
		}
		add(0) // alone: nothing else is there
		<-reached
		const others = 2000
		for i := range others {
			add(i)
		}
		close(opened)
		appends.Wait()
		meter.mu.Lock()
		defer meter.mu.Unlock()
		if meter.appends[0] != 1 {
			t.Errorf("the first batch had %d appends: it has waited for company", meter.appends[0])
		}
		total := 0
		for i, n := range meter.appends {
			total += n
			if n != meter.events[i] {
				t.Errorf("batch %d had %d appends and %d events", i, n, meter.events[i])
			}
		}
		if total != others+1 || len(meter.appends) > others/2 {
			t.Errorf("%d appends in %d batches", total, len(meter.appends))
		}
	})
}
