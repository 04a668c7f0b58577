package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"testing"
)

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestSignature(t *testing.T) {
	const one, two = "X-Hookdeck-Signature", "X-Hookdeck-Signature-2"
	sum := sha256.Sum256([]byte(approved))
	for name, c := range map[string]struct {
		header http.Header
		ok     bool
	}{
		"new secret, first header":   {http.Header{one: {sign("new", approved)}}, true},
		"new secret, second header":  {http.Header{two: {sign("new", approved)}}, true},
		"old secret, first header":   {http.Header{one: {sign("old", approved)}}, true},
		"old secret, second header":  {http.Header{two: {sign("old", approved)}}, true},
		"second good, first bad":     {http.Header{one: {sign("third", approved)}, two: {sign("old", approved)}}, true},
		"first good, second no text": {http.Header{one: {sign("old", approved)}, two: {"%%%"}}, true},
		"missing":                    {http.Header{}, false},
		"empty":                      {http.Header{one: {""}, two: {""}}, false},
		"third secret":               {http.Header{one: {sign("third", approved)}}, false},
		"empty secret":               {http.Header{one: {sign("", approved)}}, false},
		"of another body":            {http.Header{one: {sign("new", approved+" ")}}, false},
		"hexadecimal":                {http.Header{one: {hex.EncodeToString(sum[:])}}, false},
		"a part":                     {http.Header{one: {sign("new", approved)[:20]}}, false},
		"another prefix":             {http.Header{"X-Other-Signature": {sign("new", approved)}}, false},
		"a hash without a key":       {http.Header{one: {base64.StdEncoding.EncodeToString(sum[:])}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			cfg := config(r)
			cfg.SigningSecrets = []string{"new", "old"}
			call := good()
			call.Header = c.header
			w := serve(handler(t, cfg), call)
			if c.ok {
				r.only(t)
				return
			}
			wantProblem(t, w, 401, "unauthorized")
			if len(r.got) != 0 {
				t.Error("an unsigned webhook reached the receiver")
			}
		})
	}
}

func TestSignatureIsCheckedBeforeTheBodyIsParsed(t *testing.T) {
	cfg := config(&receiver{})
	cfg.SigningSecrets = []string{"new"}
	wantProblem(t, serve(handler(t, cfg), post("not JSON")), 401, "unauthorized")
}

func TestSignatureUnderAnotherPrefix(t *testing.T) {
	r := &receiver{}
	cfg := config(r)
	cfg.HeaderPrefix, cfg.SigningSecrets = "x-acme-relay", []string{"new"}
	call := good()
	call.Header.Set("X-ACME-Relay-Signature", sign("new", approved))
	serve(handler(t, cfg), call)
	r.only(t)
}
