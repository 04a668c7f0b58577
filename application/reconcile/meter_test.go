package reconcile_test

import (
	"context"
	"errors"
	"testing"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/reconcile"
)

// answer is Sessions that always answer the same.
type answer struct {
	done command.Reconciled
	err  error
}

func (a answer) Handle(context.Context, eventlog.Stream, string) (command.Reconciled, error) {
	return a.done, a.err
}

func TestEachAttemptIsMeteredByWhatBecameOfIt(t *testing.T) {
	fault := errors.New("some fault")
	for _, c := range []struct {
		answer
		metered string
	}{
		{answer{done: command.Reconciled{Recorded: true}}, "demand same"},
		{answer{done: command.Reconciled{Recorded: true, Differences: 2}}, "demand different"},
		{answer{done: command.Reconciled{Recorded: true, Settled: 1}}, "demand different"},
		{answer{done: command.Reconciled{Recorded: true, Unknown: true}}, "demand unknown"},
		{answer{done: command.Reconciled{Unknown: true}}, "demand unknown"},
		{answer{err: fault}, "demand failed"},
	} {
		m := &counts{of: map[string]int{}}
		done, err := reconcile.Metered{Sessions: c.answer, Cause: reconcile.Demand, Meter: m}.Handle(t.Context(), streamOf("s"), "ada")
		if done != c.done || err != c.err {
			t.Errorf("%s: got %+v and %v", c.metered, done, err)
		}
		if m.get(c.metered) != 1 || m.get("differences") != c.done.Differences || m.get("settled") != c.done.Settled {
			t.Errorf("wanted %s, got %v", c.metered, m.of)
		}
	}
}

func TestWhoLeavesIsNoFailure(t *testing.T) {
	m := &counts{of: map[string]int{}}
	_, _ = reconcile.Metered{Sessions: answer{err: context.Canceled}, Cause: reconcile.Demand, Meter: m}.Handle(t.Context(), streamOf("s"), "ada")
	if len(m.of) != 0 {
		t.Errorf("metered %v", m.of)
	}
}
