package receiver

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func TestWhatIsNoURLOfAReceiver(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://example.com": true, "https://example.com:8443/a?b=c": true, "https://u:p@example.com/": true, "https://[2606:4700::1]/": true,
		"": false, "example.com": false, "//example.com": false, "ftp://example.com": false, "https://": false, "https:///x": false,
		"https:example.com": false, "https://:443": false, "https://example.com/#secret": false, "https://exa mple.com/secret": false,
		"http://example.com/secret": false, "http://10.0.0.1/": false, "https://example.com/%zz-secret": false, "nats://example.com": false,
	} {
		_, err := New(Config{URL: url, Secrets: []string{NewSecret()}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "10.0.0.1")) {
			t.Errorf("%s is repeated: %v", url, err)
		}
	}
	if _, err := New(Config{URL: "http://10.0.0.1/", Secrets: []string{NewSecret()}, AllowPrivate: true}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoSecret(t *testing.T) {
	key := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for secret, ok := range map[string]bool{
		key(24): true, key(64): true, NewSecret(): true,
		key(23): false, key(65): false, "": false, "whsec_": false, strings.TrimPrefix(key(24), "whsec_"): false,
		key(24) + "\n": false, "whsec_" + strings.Repeat("-_", 20): false, key(24)[:37] + "~": false,
	} {
		_, err := New(Config{URL: "https://example.com", Secrets: []string{NewSecret(), secret}})
		if (err == nil) != ok || (CheckSecret(secret) == nil) != ok {
			t.Errorf("%d characters: %v", len(secret), err)
		}
		if err != nil && (!strings.Contains(err.Error(), "secret 2") || len(secret) > 8 && strings.Contains(err.Error(), secret)) {
			t.Errorf("%q: %v", secret, err)
		}
	}
	if _, err := New(Config{URL: "https://example.com"}); err == nil {
		t.Error("none is enough")
	}
}

func TestSecretsAreMadeAnewAndReadByOthers(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if _, err := standardwebhooks.NewWebhook(a); err != nil || a == b {
		t.Errorf("%v, the same twice: %t", err, a == b)
	}
}

// Whatever a receiver asks for, it is neither in the past nor too long.
func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"", "0", "1", " 7 ", "-1", "1.5", "3600", "3601", "18446744073709551616", "Thu, 01 Jan 2026 00:02:00 GMT", "Thursday, 01-Jan-26 00:02:00 GMT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d := retryAfter(text, now); d < 0 || d > maxRetryAfter || d%time.Second != 0 {
			t.Errorf("%q asks for %v", text, d)
		}
	})
}
