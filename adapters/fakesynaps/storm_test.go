package fakesynaps_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/adapters/synaps"
	"dossier/application/command"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// TestReconciliationDuringTheTrafficDisturbsNothing: what was asked for while
// webhooks were on their way makes some of them late, and no session wrong for
// good.
func TestReconciliationDuringTheTrafficDisturbsNothing(t *testing.T) {
	w := onSQLite(t)
	p, url := w.begin(t, fakesynaps.Config{
		Seed: 41, Sessions: 25, Corporate: 0.2, Loss: 0.1, Delay: 0.1, Duplicates: 0.1, Reorder: 0.1,
	})
	lived := make(chan error, 1)
	go func() {
		_, err := p.Live(t.Context(), url)
		lived <- err
	}()
	asked, restless := 0, 0
	for over := false; !over; {
		select {
		case err := <-lived:
			if err != nil {
				t.Fatal(err)
			}
			over = true
		default:
			n, m := w.ask(t, p)
			asked, restless = asked+n, restless+m
		}
	}
	t.Logf("%d sessions reconciled meanwhile, %d restless, %d differ", asked, restless, len(w.differences(t, p)))
	w.reconcile(t, p)
	if left := w.differences(t, p); len(left) > 0 {
		t.Errorf("%+v", left)
	}
}

// ask reconciles the sessions that there are, one after another.
func (w *world) ask(t *testing.T, p *fakesynaps.Provider) (asked, restless int) {
	truth := p.Truth()
	if len(truth) == 0 {
		return 0, 0
	}
	reconcile, end := w.reconciling(t, p, truth[0].App, synaps.Config{})
	defer end()
	for _, s := range truth {
		_, err := reconcile.Handle(t.Context(), streamOf(s), kyc.ReconciledBy)
		switch {
		case err == nil:
			asked++
		case errors.Is(err, command.ErrRestless):
			restless++
		default:
			t.Fatal(err)
		}
	}
	return asked, restless
}

// TestBadAnswersLoseNothing: whatever the API answers meanwhile, who asks again
// gets to the truth, and nothing was recorded of a bad answer.
func TestBadAnswersLoseNothing(t *testing.T) {
	w := onSQLite(t)
	p, url := w.begin(t, fakesynaps.Config{Seed: 42, Sessions: 15, Corporate: 0.2, Loss: 0.3, BadAnswers: 0.5})
	if _, err := p.Live(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	truth := p.Truth()
	settle, end := w.reconciling(t, p, truth[0].App, synaps.Config{Tries: 1, Timeout: 300 * time.Millisecond})
	defer end()
	bad := 0
	for _, s := range truth {
		before := w.fold(t, s).Version
		for _, err := settle.Handle(t.Context(), streamOf(s), kyc.ReconciledBy); err != nil; bad++ {
			if !errors.Is(err, reconcile.ErrAnswer) && !errors.Is(err, reconcile.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("a bad answer is %v", err)
			}
			if after := w.fold(t, s).Version; after != before {
				t.Fatalf("a bad answer recorded %d events", after-before)
			}
			_, err = settle.Handle(t.Context(), streamOf(s), kyc.ReconciledBy)
		}
	}
	if left := w.differences(t, p); len(left) > 0 || bad == 0 {
		t.Errorf("%d bad answers, and then %+v", bad, left)
	}
}
