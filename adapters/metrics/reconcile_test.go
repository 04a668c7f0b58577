package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dossier/adapters/metrics"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

func TestScrapeTellsWhatReconciliationDoes(t *testing.T) {
	m := metrics.New("test")
	m.Reconciled(reconcile.Follow, reconcile.Different, 2, 1)
	m.Reconciled(reconcile.Follow, reconcile.Different, 1, 0)
	m.Reconciled(reconcile.Swept, reconcile.GivenUp, 0, 0)
	m.WatchUnsettled(func(context.Context) ([]reconcile.Oldest, error) {
		return []reconcile.Oldest{
			{Status: kyc.OverallPendingVerification, Since: now.Add(-time.Hour)},
			{Status: kyc.OverallStepsApproved},
		}, nil
	}, clock)
	text := scrape(t, m)
	for _, line := range []string{
		`dossier_reconciliations_total{cause="follow",outcome="different"} 2`,
		`dossier_reconciliations_total{cause="sweep",outcome="given_up"} 1`,
		`dossier_reconcile_differences_total 3`,
		`dossier_reconcile_flags_settled_total 1`,
		`dossier_unsettled_oldest_seconds{status="PENDING_VERIFICATION"} 3600`,
		`dossier_unsettled_oldest_seconds{status="STEPS_APPROVED"} 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the scrape lacks %s", line)
		}
	}
}

func TestScrapeLeavesOutAgesThatAreNotKnown(t *testing.T) {
	m := metrics.New("test")
	m.WatchUnsettled(func(context.Context) ([]reconcile.Oldest, error) { return nil, errors.New("away") }, clock)
	if strings.Contains(scrape(t, m), "dossier_unsettled_oldest_seconds") {
		t.Error("an age is told although it is unknown")
	}
}
