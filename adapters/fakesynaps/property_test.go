package fakesynaps_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dossier/adapters/fakesynaps"
	"dossier/domain/kyc"
)

// difference is a track that stands elsewhere than the provider has it.
type difference struct {
	session    int
	id         kyc.SessionID
	step       kyc.StepID // empty: the session itself
	have, want string
	flagged    bool // an open flag of the track holds a status back
}

// differences compares all that the provider has with what the log says. A step
// that no webhook told of stands at its beginning.
func (w *world) differences(tb failer, p *fakesynaps.Provider) (found []difference) {
	for _, truth := range p.Truth() {
		state := w.fold(tb, truth)
		compare := func(step kyc.StepID, have, want string) {
			if have != want {
				found = append(found, difference{truth.Number, truth.ID, step, have, want, holds(state, step)})
			}
		}
		compare("", state.Track.Status.String(), truth.Status.String())
		for _, step := range truth.Steps {
			track := kyc.Track{Status: kyc.SubmissionRequired, Service: step.Service}
			if i := slices.IndexFunc(state.Steps, func(t kyc.Track) bool { return t.StepID == step.ID }); i >= 0 {
				track = state.Steps[i]
			}
			compare(step.ID, fmt.Sprint(track.Service, " ", track.Status), fmt.Sprint(step.Service, " ", step.Status))
		}
	}
	return found
}

// holds says whether an open flag holds a status of a track back.
func holds(state kyc.State, step kyc.StepID) bool {
	return slices.ContainsFunc(state.Flags, func(f kyc.Flag) bool { return f.StepID == step && heldBack(f) })
}

func heldBack(f kyc.Flag) bool { return f.Attempted.Known() }

// concerns says whether any of some changes moved the track of a difference.
func (d difference) concerns(changes []fakesynaps.Change) bool {
	return slices.ContainsFunc(changes, func(c fakesynaps.Change) bool { return c.Session == d.id && c.Concerns(d.step) })
}

// tally counts what explains the differences of many runs.
type tally struct {
	runs, sessions, changes      int
	untold, overtaken, different int
	flagged, lost, order         int // what explains them, the first that does
	reconciled                   int // changes that reconciliations recorded
}

// blame finds what explains each difference.
func (y *tally) blame(tb failer, p *fakesynaps.Provider, found []difference) {
	untold, overtaken := p.Untold(), p.Overtaken()
	for _, d := range found {
		switch {
		case d.flagged:
			y.flagged++
		case d.concerns(untold):
			y.lost++
		case d.concerns(overtaken):
			y.order++
		default:
			tb.Fatalf("nothing explains %+v", d)
		}
	}
	y.different += len(found)
}

// converge plays the lives of a provider, explains what differs then, and lets
// nothing differ after a reconciliation.
func (w *world) converge(tb failer, cfg fakesynaps.Config, y *tally) {
	p, url := w.begin(tb, cfg)
	summary, err := p.Live(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	found := w.differences(tb, p)
	if cfg.Delay == 0 && cfg.Reorder == 0 && summary.Overtaken > 0 {
		tb.Fatalf("%d were overtaken although nothing is reordered", summary.Overtaken)
	}
	if cfg.Loss == 0 && cfg.Delay == 0 && cfg.Reorder == 0 && len(found) > 0 {
		tb.Fatalf("all was told in order, and yet differs: %+v", found)
	}
	y.blame(tb, p, found)
	y.reconciled += w.reconcile(tb, p)
	if left := w.differences(tb, p); len(left) > 0 {
		tb.Fatalf("after the reconciliation: %+v", left)
	}
	for _, s := range p.Truth() {
		if state := w.fold(tb, s); slices.ContainsFunc(state.Flags, heldBack) {
			tb.Fatalf("after the reconciliation there are the flags %+v", state.Flags)
		}
	}
	if again := w.reconcile(tb, p); again > 0 {
		tb.Fatalf("a second reconciliation recorded %d changes", again)
	}
	y.runs, y.sessions, y.changes = y.runs+1, y.sessions+len(p.Truth()), y.changes+summary.Changes
	y.untold, y.overtaken = y.untold+summary.Untold, y.overtaken+summary.Overtaken
}

// propertyTime bounds how long runs begin for.
const propertyTime = 10 * time.Second

// TestReconciliationFindsTheTruth holds for any seed and any rates. What differs
// before it is explained by an open flag, by a webhook that was never delivered,
// or by one that a later one overtook: nothing in a webhook tells of the order.
func TestReconciliationFindsTheTruth(t *testing.T) {
	w, y := onSQLite(t), &tally{}
	begun := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		if time.Since(begun) > propertyTime {
			return
		}
		rate := func(name string) float64 {
			return rapid.OneOf(rapid.SampledFrom([]float64{0, 0, 1}), rapid.Float64Range(0, 1)).Draw(rt, name)
		}
		w.converge(rt, fakesynaps.Config{
			Seed: rapid.Uint64().Draw(rt, "seed"), Sessions: rapid.IntRange(1, 12).Draw(rt, "sessions"),
			Corporate: rate("corporate"), Loss: rate("loss"), Delay: rate("delay"),
			Duplicates: rate("duplicates"), Reorder: rate("reorder"),
		}, y)
	})
	t.Logf("%+v", *y)
}

// TestBothDatabasesFindTheTruth with more sessions than the property.
func TestBothDatabasesFindTheTruth(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *world{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			w, y := open(t), &tally{}
			w.converge(t, fakesynaps.Config{
				Seed: 5, Sessions: 60, Corporate: 0.2, Loss: 0.1, Delay: 0.1, Duplicates: 0.1, Reorder: 0.1,
			}, y)
			t.Logf("%+v", *y)
			if y.flagged == 0 || y.lost == 0 || y.reconciled < y.different {
				t.Errorf("the run shows too little: %+v", *y)
			}
		})
	}
}

// TestAnOvertakenWebhookCanMisleadInSilence is the limit of what webhooks tell:
// two that changed place may both be allowed, and no flag says that the session
// stands elsewhere. A reconciliation finds it.
func TestAnOvertakenWebhookCanMisleadInSilence(t *testing.T) {
	w, y := onSQLite(t), &tally{}
	for seed := uint64(1); seed <= 20 && y.order == 0; seed++ {
		w.converge(t, fakesynaps.Config{Seed: seed, Sessions: 60, Corporate: 0.2, Reorder: 1}, y)
	}
	t.Logf("%+v", *y)
	if y.order == 0 || y.lost > 0 {
		t.Errorf("no run shows it: %+v", *y)
	}
}
