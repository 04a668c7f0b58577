package main

import (
	"sync"
	"testing"
)

// TestAKilledServerLosesAndDoublesNothing kills a server in the middle of
// traffic, twice, and sends everything again: what was not answered, and what
// was.
func TestAKilledServerLosesAndDoublesNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		all := deliveries(60, 3)
		stored := map[string]int64{}
		for _, share := range []int{4, 2} {
			p := launch(t, databaseURL)
			r := newCourier(p.client())
			r.stored = stored
			var kill sync.Once
			enough := len(stored) + len(all)/share
			r.answer = func(n int) {
				if n >= enough {
					kill.Do(func() { _ = p.cmd.Process.Kill() })
				}
			}
			// The second server goes on about where the first was killed.
			r.sendAll(bounded(t), all[len(stored):], nil)
			p.kill()
			if len(stored) == 0 || len(stored) == len(all) {
				t.Fatalf("%d of %d were answered: it was not killed in the middle", len(stored), len(all))
			}
		}
		c := launch(t, databaseURL).client()
		r := newCourier(c)
		r.stored = stored // so that another position for the same delivery is an error
		r.resendAll(all)
		r.check(t, c, all)
		c.checkWhole(t, databaseURL)
	})
}
