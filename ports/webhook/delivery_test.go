package webhook_test

import (
	"net/http"
	"strings"
	"testing"

	"dossier/application/eventlog"
)

func TestDeliveryID(t *testing.T) {
	const event, key = "X-Hookdeck-Eventid", "Idempotency-Key"
	longest := strings.Repeat("i", eventlog.MaxDeliveryID)
	for name, c := range map[string]struct {
		header  http.Header
		want    string
		refused bool
	}{
		"event id":                  {http.Header{event: {"evt_1"}}, "evt_1", false},
		"idempotency key":           {http.Header{key: {"key_1"}}, "key_1", false},
		"event id before key":       {http.Header{event: {"evt_1"}, key: {"key_1"}}, "evt_1", false},
		"empty event id":            {http.Header{event: {""}, key: {"key_1"}}, "key_1", false},
		"first line":                {http.Header{event: {"evt_1", "evt_2"}}, "evt_1", false},
		"none":                      {http.Header{}, "", false},
		"another prefix":            {http.Header{"X-Other-Eventid": {"evt_1"}}, "", false},
		"dash before id":            {http.Header{"X-Hookdeck-Event-Id": {"evt_1"}}, "", false},
		"other letters":             {http.Header{event: {"événement 1"}}, "événement 1", false},
		"longest":                   {http.Header{event: {longest}}, longest, false},
		"too long":                  {http.Header{event: {longest + "i"}}, "", true},
		"too long key":              {http.Header{key: {longest + "i"}}, "", true},
		"invalid UTF-8":             {http.Header{event: {"evt_\xff"}}, "", true},
		"NUL":                       {http.Header{event: {"evt_\x00"}}, "", true},
		"control character":         {http.Header{event: {"evt_\x1b[31m"}}, "", true},
		"C1 control character":      {http.Header{event: {"evt_\u0085"}}, "", true},
		"bad event id, good key":    {http.Header{event: {"evt_\xff"}, key: {"key_1"}}, "", true},
		"good event id, unread key": {http.Header{event: {"evt_1"}, key: {"\xff"}}, "evt_1", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			call := good()
			call.Header = c.header
			w := serve(handler(t, config(r)), call)
			if c.refused {
				wantProblem(t, w, 400, "invalid-delivery-id")
				return
			}
			got := r.only(t)
			if got.Metadata.DeliveryID != c.want || (got.Delivery != nil) != (c.want != "") {
				t.Fatalf("delivery %v, metadata %q, want %q", got.Delivery, got.Metadata.DeliveryID, c.want)
			}
			if got.Delivery != nil && got.Delivery.ID != c.want {
				t.Errorf("delivery id %q, want %q", got.Delivery.ID, c.want)
			}
		})
	}
}

func TestAttemptCount(t *testing.T) {
	for text, want := range map[string]int{
		"1": 1, "50": 50, "2147483647": 2147483647,
		"": 0, "0": 0, "-1": 0, "+1": 0, "1.0": 0, "1e1": 0, "1_0": 0, "two": 0, "2147483648": 0, "99999999999999999999": 0,
	} {
		r := &receiver{}
		call := good()
		call.Header.Set("X-Hookdeck-Attempt-Count", text)
		serve(handler(t, config(r)), call)
		got := r.only(t)
		if got.Metadata.Attempt != want || got.Report.Attempt != want {
			t.Errorf("%q: recorded attempt %d, reported %d, want %d", text, got.Metadata.Attempt, got.Report.Attempt, want)
		}
	}
}

func TestHeadersThatAreOnlyNoted(t *testing.T) {
	read := map[string]func(eventlog.Metadata) string{
		"X-Acme-Requestid":       func(m eventlog.Metadata) string { return m.RequestID },
		"X-Acme-Attempt-Trigger": func(m eventlog.Metadata) string { return m.AttemptTrigger },
		"X-Acme-Original-Ip":     func(m eventlog.Metadata) string { return m.OriginalIP },
	}
	for value, want := range map[string]string{
		"a value":                  "a value",
		strings.Repeat("v", 256):   strings.Repeat("v", 256),
		strings.Repeat("v", 257):   "",
		"\xff":                     "",
		"two\nlines":               "",
		"with a NUL\x00":           "",
		"with a color \x1b[31m on": "",
	} {
		r := &receiver{}
		cfg := config(r)
		cfg.HeaderPrefix = "X-ACME"
		call := good()
		for name := range read {
			call.Header[name] = []string{value}
		}
		serve(handler(t, cfg), call)
		for name, field := range read {
			if got := field(r.only(t).Metadata); got != want {
				t.Errorf("%s %q: recorded %q, want %q", name, value, got, want)
			}
		}
	}
}
