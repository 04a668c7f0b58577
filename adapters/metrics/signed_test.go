package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dossier/adapters/metrics"
	"dossier/application/translog"
)

func TestScrapeTellsHowFarTheSignaturesAre(t *testing.T) {
	for _, c := range []struct {
		name     string
		standing translog.Standing
		err      error
		want     []string
		never    string
	}{
		{"behind", translog.Standing{Head: 9, Signed: 7, SignedAt: now.Add(-time.Hour), Since: now.Add(-90 * time.Second)}, nil,
			[]string{"dossier_log_signed_size 7", "dossier_log_signed_age_seconds 3600", "dossier_log_unsigned_seconds 90"}, ""},
		{"up to the head", translog.Standing{Head: 7, Signed: 7, SignedAt: now}, nil,
			[]string{"dossier_log_signed_size 7", "dossier_log_signed_age_seconds 0", "dossier_log_unsigned_seconds 0"}, ""},
		{"never signed", translog.Standing{Head: 7, Since: now.Add(-time.Minute)}, nil,
			[]string{"dossier_log_signed_size 0", "dossier_log_unsigned_seconds 60"}, "signed_age"},
		{"unknown", translog.Standing{}, errors.New("away"), nil, "dossier_log_signed"},
	} {
		m := metrics.New("test")
		m.WatchSigned(func(context.Context) (translog.Standing, error) { return c.standing, c.err }, clock)
		text := scrape(t, m)
		for _, line := range c.want {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("%s: the scrape lacks %s", c.name, line)
			}
		}
		if c.never != "" && strings.Contains(text, c.never) {
			t.Errorf("%s: the scrape has %s", c.name, c.never)
		}
	}
}
