package webhook_test

import (
	"net/netip"
	"strings"
	"testing"

	"dossier/domain/kyc"
	"dossier/ports/webhook"
)

func TestEachFaultOfTheConfigurationIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*webhook.Config)
		want  string
	}{
		"no secrets":      {func(c *webhook.Config) { c.Secrets = nil }, "no app has a secret"},
		"app without one": {func(c *webhook.Config) { c.Secrets["third"] = nil }, `app "third" has no secret`},
		"empty secret":    {func(c *webhook.Config) { c.Secrets["second"][1] = "" }, `app "second" has an empty secret`},
		"name of an app":  {func(c *webhook.Config) { c.Secrets["A Slug"] = []string{"x"} }, "the name of an app is not"},
		"no receiver":     {func(c *webhook.Config) { c.Receiver = nil }, "a receiver is missing"},
		"no references":   {func(c *webhook.Config) { c.SessionRef = nil }, "session references is missing"},
		"prefix, dash":    {func(c *webhook.Config) { c.HeaderPrefix = "x-hookdeck-" }, "header prefix"},
		"prefix, space":   {func(c *webhook.Config) { c.HeaderPrefix = "x hookdeck" }, "header prefix"},
		"signing secret":  {func(c *webhook.Config) { c.SigningSecrets = []string{""} }, "signing secret is empty"},
		"allowed network": {func(c *webhook.Config) { c.AllowIPs = make([]netip.Prefix, 1) }, "allowed network is invalid"},
		"trusted network": {func(c *webhook.Config) { c.TrustedProxies = make([]netip.Prefix, 1) }, "trusted proxy's network is invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(&receiver{})
			c.spoil(&cfg)
			h, err := webhook.New(cfg)
			if err == nil || h != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New returned %v, %v, want an error with %q", h, err, c.want)
			}
		})
	}
}

func TestFaultsAreNamedTogetherWithoutASecret(t *testing.T) {
	const mistaken = "A Secret In The Place Of An App"
	_, err := webhook.New(webhook.Config{
		Secrets: map[kyc.App][]string{mistaken: {secret}, "second": {secret, ""}}, HeaderPrefix: "-",
	})
	if err == nil {
		t.Fatal("a configuration full of faults was taken")
	}
	text := err.Error()
	for _, want := range []string{"name of an app", `"second"`, "header prefix", "receiver", "references"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not name %q", text, want)
		}
	}
	if strings.Contains(text, secret) || strings.Contains(text, mistaken) {
		t.Errorf("the error repeats a secret: %q", text)
	}
}
