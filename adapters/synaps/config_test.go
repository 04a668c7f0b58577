package synaps

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"dossier/domain/kyc"
)

func TestWhatIsNoBaseURL(t *testing.T) {
	for url, ok := range map[string]bool{
		"": true, "https://api.synaps.io/v4": true, "https://gateway.example:8443/a%2Fb/": true, "https://10.0.0.1": true,
		"http://127.0.0.1:9": true, "http://localhost/v4": true, "http://[::1]:80": true, "http://[::ffff:127.0.0.1]": true,
		"http://api.synaps.io/key-3f1c": false, "http://10.0.0.1/key-3f1c": false, "http://localhost.example/key-3f1c": false,
		"api.synaps.io": false, "//api.synaps.io": false, "ftp://api.synaps.io": false, "https://": false, "https:api": false,
		"https://:443": false, "https://key-3f1c@api.synaps.io": false, "https://api.synaps.io?key-3f1c": false,
		"https://api.synaps.io?": false, "https://api.synaps.io/#key-3f1c": false, "https://api.synaps.io/%zz-key-3f1c": false,
	} {
		_, err := New(Config{BaseURL: url})
		if (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), secretKey) {
			t.Errorf("%q is repeated: %v", url, err)
		}
	}
	if _, err := New(Config{BaseURL: "http://10.0.0.1", AllowPlain: true}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoKey(t *testing.T) {
	for key, ok := range map[string]bool{
		"k": true, strings.Repeat("k", maxKey): true, "a=b,c": true,
		"": false, strings.Repeat("k", maxKey+1): false, "key-3f1c ": false, "key-3f1c\r\nX: y": false, "key-3f1cé": false, "\x7fkey-3f1c": false,
	} {
		_, err := New(Config{Keys: map[kyc.App]string{"shop": key}})
		if (err == nil) != ok {
			t.Errorf("%d characters: %v", len(key), err)
		}
		if err != nil && (!strings.Contains(err.Error(), `"shop"`) || strings.Contains(err.Error(), secretKey)) {
			t.Errorf("%q: %v", key, err)
		}
	}
	// A key and its app may have been confused.
	if _, err := New(Config{Keys: map[kyc.App]string{"KEY-3f1c": "shop"}}); err == nil || strings.Contains(err.Error(), "3f1c") {
		t.Error(err)
	}
}

func TestAllFaultsAreToldTogether(t *testing.T) {
	_, err := New(Config{
		Keys: map[kyc.App]string{"a": "", "b": " ", "c": "fine"}, BaseURL: "ftp://x", Tries: -1,
	})
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("%v", err)
	}
	for _, c := range []Config{{Timeout: -1}, {RequestsPerMinute: -1}} {
		if _, err := New(c); err == nil {
			t.Errorf("%d, %v is accepted", c.RequestsPerMinute, c.Timeout)
		}
	}
}

func TestNothingPrintsAKey(t *testing.T) {
	config := Config{Keys: map[kyc.App]string{kyc.DefaultApp: secretKey}}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c, *c, config); got != "[synaps] [synaps] [synaps config]" {
		t.Error(got)
	}
	var text strings.Builder
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&text, nil)), slog.New(slog.NewJSONHandler(&text, nil))} {
		log.Info("x", "config", config, "pointer", &config, "client", c, "slow", c.Slow())
	}
	for _, v := range []any{config, &config, c, *c, c.Slow(), struct{ C *Client }{c}, struct{ c *Client }{c}, []Config{config}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&text, format, v)
		}
		encoded, _ := json.Marshal(v)
		text.Write(encoded)
	}
	for _, secret := range []string{secretKey, fmt.Sprintf("%x", secretKey)} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("it stands in %s", text.String())
		}
	}
}
