package reconcile_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"dossier/domain/kyc"
)

func TestAnAnswerThatMayLagIsAskedForAgain(t *testing.T) {
	for name, slow := range map[string]time.Duration{
		"the snapshot is read after its answer":  0,
		"the snapshot is read before its answer": 3 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.provider.lags, w.provider.slow = 3, slow
				start(t, w.follower("a"))
				synctest.Wait()
				w.log.flag("s")
				after(2 * lag)
				if at := w.desk.At(); at >= w.log.head() {
					t.Errorf("the place is %d of %d, although an answer is to be asked for again", at, w.log.head())
				}
				after(2*lag + 20*time.Second)
				w.check(t, "s", "s", "s", "s")
				all := w.provider.all()
				for i := range 3 {
					if waited := all[i+1].at.Sub(all[i].at); waited < lag || waited > lag+2*time.Second+slow {
						t.Errorf("asked again after %s, wanted %s", waited, lag)
					}
				}
				after(time.Hour)
				w.check(t, "s", "s", "s", "s")
				if deferred, different := w.meter.get("follow deferred"), w.meter.get("follow different"); deferred != 3 || different != 1 {
					t.Errorf("counted %d deferred and %d different", deferred, different)
				}
			})
		})
	}
}

// What is to be asked again is in the log: whoever asked, and whoever dies.
func TestWhatIsToBeAskedAgainSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		stop := start(t, w.follower("a"))
		synctest.Wait()
		now := time.Now()
		asked := w.log.add("s", kyc.SnapshotObserved{Contradicts: 7, AskedAt: now, AskAgain: now.Add(lag)}, `{"actor":"ada"}`)
		w.log.add("t", kyc.StatusRepeated{}, `{"attempt":1}`)
		after(lag / 2)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if at := w.desk.At(); at >= asked {
			t.Errorf("the place is %d, behind the question at %d", at, asked)
		}
		if n := len(w.provider.all()); n != 0 {
			t.Errorf("asked %d times before it was due", n)
		}
		start(t, w.follower("b"))
		after(lag)
		w.check(t, "s")
	})
}

// A later answer that counts, whoever asked for it, ends the questions; so does
// giving up.
func TestWhatIsToBeAskedAgainEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		now := time.Now()
		w.log.add("s", kyc.SnapshotObserved{Contradicts: 7, AskedAt: now, AskAgain: now.Add(lag)}, `{"actor":"ada"}`)
		after(lag / 2)
		w.log.add("s", kyc.SnapshotObserved{Status: "APPROVED"}, `{"actor":"ada"}`)
		after(time.Hour)
		w.check(t)
	})
}

// The clock of who asked was a day ahead: the wait counts, not the time.
func TestAnAnswerOfAClockThatWasAheadIsAskedForAgainInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		ahead := time.Now().Add(24 * time.Hour)
		w.log.add("s", kyc.SnapshotObserved{Contradicts: 7, AskedAt: ahead, AskAgain: ahead.Add(lag)}, `{"actor":"ada"}`)
		after(lag + 5*time.Second)
		w.check(t, "s")
	})
}

// Many that wait do not keep others from being asked for.
func TestWhatWaitsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		now := time.Now()
		for range 20 {
			w.log.add("s", kyc.SnapshotObserved{Contradicts: 1, AskedAt: now, AskAgain: now.Add(time.Hour)}, "")
		}
		w.log.flag("t")
		after(20 * time.Second)
		if got := w.provider.sessions(); !slices.Equal(got, []string{"t"}) {
			t.Errorf("asked for %v", got)
		}
	})
}
