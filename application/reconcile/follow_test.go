package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"dossier/domain/kyc"
)

func TestWhatWebhooksMayHaveLeftWrongIsAskedFor(t *testing.T) {
	healed := kyc.StatusChanged{To: kyc.Approved, Cause: kyc.CauseHealed}
	reported := kyc.StatusChanged{StepID: "1", From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseReported}
	bare := kyc.StatusChanged{StepID: "1", From: kyc.SubmissionRequired, To: kyc.Approved, Cause: kyc.CauseReported}
	whole := kyc.StatusChanged{From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseReported}
	rejected := kyc.StatusChanged{From: kyc.PendingVerification, To: kyc.Rejected, Cause: kyc.CauseReported}
	for _, c := range []struct {
		rule     string
		event    kyc.Event
		metadata string
		asked    bool
	}{
		{"a premature status", kyc.TransitionFlagged{Violation: kyc.Premature}, `{"attempt":1}`, true},
		{"a status after the final one", kyc.TransitionFlagged{Violation: kyc.AfterFinal}, "", true},
		{"a regression", kyc.TransitionFlagged{Violation: kyc.Regression}, "", true},
		{"a delivery conflict, however late", kyc.TransitionFlagged{Violation: kyc.DeliveryConflict}, `{"attempt":2}`, false},
		{"a healing", healed, `{"causation_id":"x"}`, true},
		{"a late delivery", reported, `{"delivery_id":"x","attempt":2,"payload":"{}"}`, true},
		{"a late repetition", kyc.StatusRepeated{}, `{"attempt":13}`, true},
		{"an approval without a submission", bare, `{"delivery_id":"x","attempt":1,"payload":"{}"}`, true},
		{"an approval of the session itself", whole, "", true},
		{"a rejection of the session itself", rejected, "", false},
		{"a first attempt", reported, `{"delivery_id":"x","attempt":1,"payload":"{}"}`, false},
		{"an unknown attempt", reported, `{"delivery_id":"x"}`, false},
		{"a body that looks like metadata", reported, `{"attempt":1,"payload":"{\"attempt\":7}"}`, false},
		{"metadata that can't be read", reported, `{"attempt":`, false},
		{"a broken contract", kyc.ContractViolated{Violation: kyc.MissingReason}, `{"causation_id":"x"}`, false},
		{"an unknown status", kyc.WebhookDiscarded{Violation: kyc.UnknownStatus, Severity: kyc.SeverityLow}, `{"causation_id":"x"}`, false},
		{"an unknown status after an approval", kyc.WebhookDiscarded{Violation: kyc.UnknownStatus, Severity: kyc.SeverityMedium}, `{"causation_id":"x"}`, true},
		{"what reconciliation changes", kyc.StatusChanged{Cause: kyc.CauseReconciled}, `{"actor":"dossier"}`, false},
		{"what reconciliation resolves", kyc.FlagResolved{Resolution: kyc.ResolvedReconciled}, `{"actor":"dossier"}`, false},
		{"a look at details", kyc.DetailsAccessed{}, `{"actor":"ada"}`, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				start(t, w.follower("a"))
				synctest.Wait()
				w.log.add("s", c.event, c.metadata)
				w.log.add("keyless/s", c.event, c.metadata)
				after(time.Minute)
				if c.asked {
					w.check(t, "s")
				} else {
					w.check(t)
				}
			})
		})
	}
}

func TestABurstIsOneQuestionAfterAQuietTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		for range 25 { // over several pages
			w.log.flag("s")
			after(time.Second)
		}
		last := time.Now().Add(-time.Second)
		after(10 * time.Second)
		w.check(t, "s")
		if waited := w.provider.all()[0].at.Sub(last); waited < 5*time.Second || waited > 7*time.Second {
			t.Errorf("asked %s after the last webhook, wanted 5 s", waited)
		}
	})
}

func TestASessionThatIsNeverQuietIsAskedForAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		for range 3 * 60 {
			w.log.flag("s")
			after(time.Second)
		}
		if n := len(w.provider.all()); n < 2 || n > 4 {
			t.Errorf("asked %d times in three minutes, wanted about once a minute", n)
		}
	})
}

func TestANewGroupBeginsAtTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.log.flag("a", "b")
		start(t, w.follower("a"))
		after(time.Minute)
		w.check(t)
	})
}

func TestASnapshotThatSomeoneElseAskedForIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		w.log.flag("s", "t")
		after(2 * time.Second)
		w.log.add("s", kyc.SnapshotObserved{}, "")
		after(time.Minute)
		w.check(t, "t")
	})
}

func TestABacklogOfOneSessionIsOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.desk.Put(0)
		for i := range 300 {
			w.log.flag("s", fmt.Sprint("other", i%3))
		}
		after(time.Hour)
		start(t, w.follower("a"))
		after(time.Minute)
		names := w.provider.sessions()
		slices.Sort(names)
		if want := []string{"other0", "other1", "other2", "s"}; !slices.Equal(names, want) {
			t.Errorf("asked for %v, wanted each once", names)
		}
		if at := w.desk.At(); at != w.log.head() {
			t.Errorf("the place is %d, the head %d", at, w.log.head())
		}
	})
}

func TestWhatComesWhileTheProviderIsAskedIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.provider.slow = 10 * time.Second
		start(t, w.follower("a"))
		synctest.Wait()
		w.log.flag("s")
		after(8 * time.Second) // the snapshot is recorded, and not answered yet
		w.log.flag("s")
		after(time.Minute)
		w.check(t, "s", "s")
	})
}

func TestFewSessionsAreAskedForAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		busy, most := 0, 0
		w.provider.set(func(context.Context, string) error {
			w.meter.mu.Lock()
			busy++
			most = max(most, busy)
			w.meter.mu.Unlock()
			after(time.Second)
			w.meter.mu.Lock()
			busy--
			w.meter.mu.Unlock()
			return nil
		})
		start(t, w.follower("a"))
		synctest.Wait()
		for i := range 40 {
			w.log.flag(fmt.Sprint(i))
		}
		after(time.Minute)
		w.meter.mu.Lock()
		defer w.meter.mu.Unlock()
		if most != 4 || len(w.provider.all()) != 40 {
			t.Errorf("%d sessions, %d at a time, wanted 40, 4 at a time", len(w.provider.all()), most)
		}
	})
}

func TestOneFollowerIsActiveAndAnotherTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		stop := start(t, w.follower("a"))
		synctest.Wait()
		start(t, w.follower("b"))
		w.log.flag("s")
		after(10 * time.Second)
		w.log.flag("t") // not asked for yet when the first one ends
		after(2 * time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		after(time.Minute)
		w.check(t, "s", "t")
		if w.lines.Count("stands by") != 1 {
			t.Error("it was not logged once that a follower stands by")
		}
	})
}

func TestAnAttemptThatACrashEndsIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.provider.set(func(ctx context.Context, session string) error {
			if session == "slow" {
				<-ctx.Done()
			}
			return ctx.Err()
		})
		stop := start(t, w.follower("a"))
		synctest.Wait()
		w.log.flag("slow", "quick")
		after(20 * time.Second)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if w.desk.At() != 0 {
			t.Fatalf("the place is %d, behind what was not done", w.desk.At())
		}
		w.provider.set(nil)
		start(t, w.follower("b"))
		after(time.Minute)
		got := w.provider.sessions() // two of them at once; the snapshot of one is in the log
		slices.Sort(got)
		if want := []string{"quick", "slow", "slow"}; !slices.Equal(got, want) {
			t.Errorf("asked for %v, wanted %v", got, want)
		}
	})
}

func TestAPlaceIsMovedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		for range 1000 {
			w.log.add("s", kyc.StatusRepeated{}, "")
			after(10 * time.Millisecond)
		}
		after(3 * time.Second)
		writes := w.desk.Moves()
		if writes > 15 {
			t.Errorf("%d moves in 13 seconds", writes)
		}
		w.check(t)
	})
}

// What an unknown status did to an approval is not waited for.
func TestAnUnknownStatusAfterAnApprovalIsAskedForAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		start(t, w.follower("a"))
		synctest.Wait()
		w.log.add("s", kyc.WebhookDiscarded{Violation: kyc.UnknownStatus, Severity: kyc.SeverityMedium}, "")
		after(1500 * time.Millisecond) // the log is read each second
		if got := w.provider.sessions(); !slices.Equal(got, []string{"s"}) {
			t.Errorf("asked for %v", got)
		}
	})
}
