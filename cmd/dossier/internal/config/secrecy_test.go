package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"dossier/cmd/dossier/internal/config"
)

// sentinel is a secret that nothing else contains.
const sentinel = "zQ7kX9vWzQ7kX9vW"

// checkSilence fails if the sentinel is in anything that values print.
func checkSilence(t testing.TB, values ...any) {
	t.Helper()
	out := printed(t, values)
	for _, form := range []string{
		sentinel, hex.EncodeToString([]byte(sentinel)), strings.ToUpper(hex.EncodeToString([]byte(sentinel))),
		base64.StdEncoding.EncodeToString([]byte(sentinel)), fmt.Sprint([]byte(sentinel)),
	} {
		if strings.Contains(out, form) {
			t.Fatalf("the secret is printed:\n%s", out)
		}
	}
}

// printed returns values in all ways that a program might print them.
func printed(t testing.TB, values []any) string {
	t.Helper()
	var b bytes.Buffer
	text := slog.New(slog.NewTextHandler(&b, nil))
	asJSON := slog.New(slog.NewJSONHandler(&b, nil))
	for _, v := range values {
		private := struct{ field any }{v}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%e", "%c", "%w", "%!"} {
			fmt.Fprintf(&b, verb+verb+verb+"\n", v, []any{v}, private)
		}
		fmt.Fprintln(&b, v, &v, &private)
		text.Info("value", "value", v, "list", []any{v}, "private", private)
		asJSON.Info("value", "value", v, "list", []any{v}, "private", private)
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(encoded)
	}
	return b.String()
}

func TestASecretIsNeverPrinted(t *testing.T) {
	s := config.NewSecret(sentinel)
	private := struct{ s config.Secret }{s}

	checkSilence(t, s, &s, private, &private, []config.Secret{s}, map[string]config.Secret{"a": s}, map[config.Secret]int{s: 1})
	equal(t, "as a string", s.String(), "[redacted]")
	equal(t, "formatted", fmt.Sprintf("%v %d", s, s), "[redacted] [redacted]")
	equal(t, "revealed", s.Reveal(), sentinel)
}

func TestSecretsOfTheSameTextAreEqual(t *testing.T) {
	equal(t, "secrets", config.NewSecret(strings.Clone(sentinel)) == config.NewSecret(sentinel), true)
	equal(t, "others", config.NewSecret("a") == config.NewSecret("b"), false)
	equal(t, "the empty one", config.NewSecret("") == config.Secret{}, true)
	equal(t, "the empty text", config.Secret{}.Reveal(), "")
}

func TestAConfigurationPrintsNoSecret(t *testing.T) {
	c, err := config.Load(
		flags(t, "--relay-signing-secrets="+sentinel),
		environment("DOSSIER_DATABASE_URL=postgres://u:"+sentinel+"@h/db", "DOSSIER_API_TOKENS=admin:"+sentinel,
			"DOSSIER_WEBHOOK_SECRETS=a="+sentinel, "DOSSIER_RELAY=nats://u:"+sentinel+"@h/x", "DOSSIER_RECEIVER_SECRETS="+sentinel,
			"DOSSIER_SYNAPS_API_KEYS=a="+sentinel),
	)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "it holds them", c.Secrets["a"][0].Reveal(), sentinel)
	checkSilence(t, c, &c, c.Database, c.Secrets, c.Tokens, c.Relay, c.Downstream, c.Synaps, c.LogValue(), c.Warnings)
	checkSilence(t, struct{ c config.Config }{c}, flags(t, "--listen="+sentinel), *flags(t, "--api-tokens", sentinel))
	equal(t, "summary", fmt.Sprint(c), "[database=postgres listen=127.0.0.1:8080 apps=1 tokens=1 heal_window=30s log_level=INFO "+
		"log_format=json relay_header_prefix=x-hookdeck relay_signed=true allow_ips=0 trusted_proxies=0 relay=nats-h-x api_keys=1]")
}

// Whatever is put where, a report of it does not repeat it.
func TestASecretInTheWrongPlaceIsNotRepeated(t *testing.T) {
	forms := []string{
		"%s", "%s=", "=%s", "%s=x", "a=%s", "a=%s\x01", "%s:x", "%s:", "admin:%s", "admin:%s x", "%s,%s", "a=%s,b", "a=AML+%s",
		"postgres://u:%s#@h/db", "postgres://u:%s/@h/db", "postgres://%s:p", "postgres://u:p@h:%s/db", "postgres://h/db?%s=%%zz",
		"sqlite://%s", "sqlite:%s?", "10.0.0.0/%s", "%s/8", "%s:80", ":%s", "x %s", "30s%s",
	}
	for _, form := range forms {
		text := strings.ReplaceAll(form, "%s", sentinel)
		path := file(t, text)
		for _, v := range tableVariables() {
			for _, set := range []string{v + "=" + text, v + "_FILE=" + text, v + "_FILE=" + path, v + "S=" + text} {
				// An address or a path that is well formed is the operator's own,
				// and may be shown; so the configuration is not looked at.
				c, err := config.Load(&command{}, environment(set))
				if out := fmt.Sprintf("%v %#v %q", err, err, c.Warnings); strings.Contains(out, sentinel) {
					t.Errorf("%s: the secret is repeated: %s", set, out)
				}
			}
		}
	}
}

func TestThoseRowsOfFaultsRepeatNothing(t *testing.T) {
	for _, w := range wrongs() {
		if len(w.value) < 8 || strings.Contains(w.want, w.value) {
			continue // part of some word of the report by chance
		}
		if report := faults(t, variable(w.name)+"="+w.value).Error(); strings.Contains(report, w.value) {
			t.Errorf("%q is repeated: %s", w.value, report)
		}
	}
}
