package simulator

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestValidateTakesWhatIsRight(t *testing.T) {
	for name, cfg := range map[string]Config{
		"the least":  {URL: fakeURL, Sessions: 1},
		"everything": faulty(1_000_000, math.MaxUint64),
		"all faults": {URL: "https://h/", Sessions: 1, Duplicates: 1, Late: 1, Reordered: 1, Forbidden: 1, Unknown: 1},
	} {
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidateReportsAllFaultsTogether(t *testing.T) {
	cfg := Config{
		URL: "ftp://h/?secret=" + testSecret, Sessions: 0, Rate: math.NaN(), Concurrency: -1,
		Duplicates: -0.1, Late: 1.1, Reordered: math.NaN(), Forbidden: 2, Unknown: -1, Corporate: 7, V3: math.Inf(1),
		HeaderPrefix: "no spaces",
	}
	text := fmt.Sprint(cfg.Validate())
	for _, name := range []string{
		"url:", "sessions:", "rate:", "concurrency:", "duplicates:", "late:", "reordered:",
		"forbidden:", "unknown:", "corporate:", "v3:", "header prefix:",
	} {
		if !strings.Contains(text, name) {
			t.Errorf("the fault of %q is missing in:\n%s", name, text)
		}
	}
}

func TestValidateNeverQuotesTheURL(t *testing.T) {
	for _, url := range []string{
		"", "://?secret=" + testSecret, "http://h:port/?secret=" + testSecret, "http:///?secret=" + testSecret,
		"http://h/%zz?secret=" + testSecret, "gopher://h?secret=" + testSecret, testSecret, "http://h/\x7f" + testSecret,
	} {
		err := Config{URL: url, Sessions: 1}.Validate()
		if err == nil {
			t.Errorf("%q was taken for a webhook URL", url)
		} else if strings.Contains(err.Error(), testSecret) {
			t.Errorf("the fault quotes the secret: %v", err)
		}
	}
}

func TestAFormattedConfigHoldsNoSecret(t *testing.T) {
	cfg := Config{URL: fakeURL, SigningSecret: "signing-secret", Sessions: 3}
	text := fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, &cfg)
	if strings.Contains(text, testSecret) || strings.Contains(text, "signing-secret") {
		t.Errorf("a secret shows: %s", text)
	}
}
