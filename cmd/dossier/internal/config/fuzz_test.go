package config_test

import (
	"testing"

	"dossier/cmd/dossier/internal/config"
)

// fuzzSetting holds for any text of a setting, with the sentinel somewhere in
// it: reading it never panics, and nothing that is said of it has the sentinel.
func fuzzSetting(f *testing.F, name string) {
	for _, w := range wrongs() {
		if w.name == name {
			f.Add(w.value, w.value)
		}
	}
	for _, before := range []string{"", "a=", "a=x,b=", "admin:", "10.0.0.0/", ":", "sqlite:", "postgres://u:", "a=AML+", "-"} {
		f.Add(before, "")
		f.Add(before, "@h/db")
		f.Add(before, ",")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		text := before + sentinel + after
		c, err := config.Load(&command{}, environment(variable(name)+"="+text))
		checkSilence(t, err, c.Warnings, c.Secrets, c.Tokens, c.Relay.SigningSecrets)
	})
}

func FuzzDatabaseURL(f *testing.F)         { fuzzSetting(f, "database-url") }
func FuzzListen(f *testing.F)              { fuzzSetting(f, "listen") }
func FuzzWebhookSecrets(f *testing.F)      { fuzzSetting(f, "webhook-secrets") }
func FuzzAPITokens(f *testing.F)           { fuzzSetting(f, "api-tokens") }
func FuzzRequiredServices(f *testing.F)    { fuzzSetting(f, "required-services") }
func FuzzAppKinds(f *testing.F)            { fuzzSetting(f, "app-kinds") }
func FuzzRelaySigningSecrets(f *testing.F) { fuzzSetting(f, "relay-signing-secrets") }
func FuzzWebhookAllowIPs(f *testing.F)     { fuzzSetting(f, "webhook-allow-ips") }
func FuzzTrustedProxies(f *testing.F)      { fuzzSetting(f, "trusted-proxies") }
