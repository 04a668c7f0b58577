package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestErrorsHoldNoSecret(t *testing.T) {
	const raw = "http://user:pass-word@h.test/webhooks/synaps?secret=s3cr3t%2Bvalue%20two&x=1234567"
	const session = "2ac3f7ab-3729-f968-3f55-aa47e881"
	r := newRedactor(Config{URL: raw, SigningSecret: "signing"})
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	inner := fmt.Errorf("no route for %s (%s, %s) %s %s signing pass-word",
		u.RequestURI(), u, u.RawQuery, u.Query().Get("secret"), session)
	for _, err := range []error{
		inner,
		&url.Error{Op: "Post", URL: raw, Err: inner},
		fmt.Errorf("wrapped: %w", &url.Error{Op: "Post", URL: raw, Err: &url.Error{Op: "Get", URL: raw, Err: inner}}),
		errors.Join(errors.New("one"), &url.Error{Op: "Post", URL: raw, Err: inner}),
		&url.Error{Op: "Post", URL: raw + session},
	} {
		text := r.text(err, session)
		for _, secret := range []string{"s3cr3t", "two", "1234567", "signing", "pass-word", session, "2ac3f7ab"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q shows in %q", secret, text)
			}
		}
	}
}

// TestNothingThatRunReturnsHoldsASecret, whatever a server and a transport do.
func TestNothingThatRunReturnsHoldsASecret(t *testing.T) {
	cfg := faulty(20, 71)
	cfg.SigningSecret = "signing-secret"
	var secrets []string
	for d := range Plan(cfg) {
		secrets = append(secrets, d.sessionID)
	}
	secrets = append(secrets, testSecret, url.QueryEscape(testSecret), "signing-secret", fakeURL)
	echo := &receiver{answer: func(n int, r received) (int, http.Header, string) {
		status := []int{200, 400, 200, 401, 413}[n%5]
		return status, nil, fmt.Sprintf(`{"outcome":%q,"detail":%q}`, r.body, fakeURL)
	}}
	failing := roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := echo.RoundTrip(r)
		if len(echo.seen()) == 3 {
			body := echo.seen()[2].body
			return nil, fmt.Errorf("cannot send %s to %s signed signing-secret", body, r.URL)
		}
		return response, err
	})
	cfg.Client, cfg.Concurrency = &http.Client{Transport: failing}, 1
	summary, err := Run(t.Context(), cfg)
	text := fmt.Sprintf("%v %+v", err, summary)
	if summary.Failed == 0 || summary.Retries == 0 || summary.FirstError == "" {
		t.Errorf("nothing failed: %+v", summary)
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Fatalf("%q shows in %s", secret, text)
		}
	}
}
