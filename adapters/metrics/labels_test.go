package metrics

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestStatusesFromOutsideAreBoundedLabels(t *testing.T) {
	m := New("test")
	for status, want := range map[string]string{
		"REVOKED": "REVOKED", "Rejected": "Rejected", "ON_HOLD": "ON_HOLD", "on hold": "on hold", "on-hold": "on-hold",
		"": "other", "_A": "other", "A\n": "other", "2ac3f7ab-3729": "other", "é": "other", "A__B": "other",
		strings.Repeat("A", 40): strings.Repeat("A", 40), strings.Repeat("A", 41): "other",
	} {
		if got := m.statusLabels.of(status); got != want {
			t.Errorf("the label of %q is %q, want %q", status, got, want)
		}
	}
	for i := range 10_000 {
		m.UnknownStatus(strings.Repeat("A", 1+i%40) + fmt.Sprintf("_%c%c", 'A'+i%26, 'A'+i/26%26))
	}
	m.UnknownStatus("REVOKED")
	ch := make(chan prometheus.Metric, 1000)
	m.unknownStatuses.Collect(ch)
	if n := len(ch); n > mostLabels+1 {
		t.Errorf("%d labels", n)
	}
	if got := m.statusLabels.of("REVOKED"); got != "REVOKED" {
		t.Errorf("a label that there was is %q", got)
	}
}
