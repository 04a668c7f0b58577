package verdict_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dossier/adapters/codec"
	"dossier/adapters/fakesynaps"
	"dossier/domain/kyc"
	"dossier/torture/verdict"
)

// told is an event of the provider's one session, so many seconds on.
func told(tb testing.TB, e *verdict.Evidence, second int, event kyc.Event) {
	tb.Helper()
	name, data, err := codec.Encode(event)
	if err != nil {
		tb.Fatal(err)
	}
	version := int64(1)
	for _, other := range e.Log {
		if strings.HasPrefix(other.Stream, verdict.AskedApp) {
			version++
		}
	}
	position, id, causation := int64(len(e.Log)+1), fmt.Sprintf("e%d", len(e.Log)+1), ""
	if _, observed := event.(kyc.SnapshotObserved); !observed && reconciled(event) {
		causation = e.Log[len(e.Log)-1].Causation
		if causation == "" {
			causation = e.Log[len(e.Log)-1].EventID
		}
	}
	e.Log = append(e.Log, verdict.Event{
		Position: position, EventID: id, Causation: causation, Stream: verdict.AskedApp + "/s", Version: version, Type: name,
		Data: string(data), Clock: time.Unix(int64(second), 0),
	})
}

func moved(from, to kyc.Status, cause kyc.Cause) kyc.StatusChanged {
	return kyc.StatusChanged{Trigger: kyc.Trigger(to), From: from, To: to, Cause: cause}
}

func reconciled(event kyc.Event) bool {
	switch e := event.(type) {
	case kyc.StatusChanged:
		return e.Cause == kyc.CauseReconciled
	case kyc.SessionReset:
		return e.Cause == kyc.CauseReconciled
	default:
		return false
	}
}

// turns is a history of one status after another, at the given seconds.
func turns(second ...int) verdict.History {
	statuses := []kyc.Status{kyc.PendingVerification, kyc.Approved, kyc.ResubmissionRequired}
	var all []fakesynaps.Turn
	for i, at := range second {
		all = append(all, fakesynaps.Turn{At: time.Unix(int64(at), 0), Session: fakesynaps.Session{ID: "s", Status: statuses[i]}})
	}
	return verdict.History{"s": all}
}

// Whether an answer of the provider's may give an approval, or take it away,
// depends on what the provider had since the log was told last.
func TestWhatAnAnswerDoesToAnApprovalIsJudgedByTheHistory(t *testing.T) {
	pending, approved, again := kyc.PendingVerification, kyc.Approved, kyc.ResubmissionRequired
	for name, c := range map[string]struct {
		history verdict.History
		events  map[int]kyc.Event // by second
		stepped bool
		wrong   bool
	}{
		"given, ahead of its webhook": {turns(1, 4), map[int]kyc.Event{2: moved(pending, pending, kyc.CauseReported), 6: moved(pending, approved, kyc.CauseReconciled)}, false, false},
		"given, and never was":        {turns(1), map[int]kyc.Event{2: moved(pending, pending, kyc.CauseReported), 6: moved(pending, approved, kyc.CauseReconciled)}, false, true},
		"given, and is not yet":       {turns(1, 8), map[int]kyc.Event{2: moved(pending, pending, kyc.CauseReported), 6: moved(pending, approved, kyc.CauseReconciled)}, false, true},
		"given, and is no more":       {turns(1, 3, 5), map[int]kyc.Event{6: moved(pending, again, kyc.CauseReported), 7: moved(again, approved, kyc.CauseReconciled)}, false, true},
		"taken, ahead of its webhook": {turns(1, 3, 5), map[int]kyc.Event{4: moved(pending, approved, kyc.CauseReported), 6: moved(approved, again, kyc.CauseReconciled)}, false, false},
		"taken, by a lag":             {turns(1, 3), map[int]kyc.Event{4: moved(pending, approved, kyc.CauseReported), 6: moved(approved, pending, kyc.CauseReconciled)}, false, true},
		"taken by a reset, by a lag":  {turns(1, 3), map[int]kyc.Event{4: moved(pending, approved, kyc.CauseReported), 6: kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReconciled}}, false, true},
		"taken by a webhook":          {turns(1, 3), map[int]kyc.Event{4: moved(pending, approved, kyc.CauseReported), 6: moved(approved, again, kyc.CauseReported)}, false, false},
		"given once, by any clock":    {turns(1, 8), map[int]kyc.Event{2: moved(pending, pending, kyc.CauseReported), 6: moved(pending, approved, kyc.CauseReconciled)}, true, false},
		"given never, by any clock":   {turns(1), map[int]kyc.Event{2: moved(pending, pending, kyc.CauseReported), 6: moved(pending, approved, kyc.CauseReconciled)}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := verdict.Evidence{Provider: c.history, ClocksStepped: c.stepped}
			for second := range 10 {
				event, ok := c.events[second]
				if ok && reconciled(event) {
					told(t, &e, second, kyc.SnapshotObserved{Status: "PENDING_VERIFICATION"})
				}
				if ok {
					told(t, &e, second, event)
				}
			}
			wrong := false
			for _, name := range failed(e) {
				wrong = wrong || strings.HasPrefix(name, "no approval")
			}
			if wrong != c.wrong {
				t.Errorf("found wrong: %t, want %t", wrong, c.wrong)
			}
		})
	}
}

// What follows from one answer is written at once: that a reset takes an approval
// away which is given again behind it is nothing that anybody sees.
func TestAnAnswerIsJudgedWithAllThatFollowsFromIt(t *testing.T) {
	e := verdict.Evidence{Provider: turns(1, 3)}
	told(t, &e, 4, moved(kyc.PendingVerification, kyc.Approved, kyc.CauseReported))
	told(t, &e, 6, kyc.SnapshotObserved{Status: "APPROVED"})
	told(t, &e, 6, kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReconciled})
	told(t, &e, 6, moved(kyc.SubmissionRequired, kyc.Approved, kyc.CauseReconciled))
	for _, name := range failed(e) {
		if strings.HasPrefix(name, "no approval") {
			t.Error("it was taken for one that takes the approval away")
		}
	}
}

func TestASessionThatStandsElsewhereThanAtTheProviderIsNotSettled(t *testing.T) {
	var e verdict.Evidence
	told(t, &e, 2, moved(kyc.SubmissionRequired, kyc.PendingVerification, kyc.CauseReported))
	if c := verdict.Settled(e.Log, turns(1)); len(c.Faults) > 0 || c.Looked != 1 {
		t.Errorf("%+v", c)
	}
	if c := verdict.Settled(e.Log, turns(1, 3)); len(c.Faults) != 1 {
		t.Errorf("%+v", c)
	}
	if c := verdict.Settled(nil, turns(1)); len(c.Faults) != 1 {
		t.Errorf("a session that the log does not have: %+v", c)
	}
}
