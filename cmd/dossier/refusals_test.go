package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"dossier/ports/webhook"
)

// refusal is a webhook that must be refused.
type refusal struct {
	name   string
	hook   hook
	status int
	slug   string
}

func good() fields { return withID(person, whole("PENDING_VERIFICATION", "")) }

// badBodies are those of design 4.2, and their near relations.
func badBodies() []refusal {
	bad := func(name, body, slug string) refusal {
		return refusal{name, hook{raw: body}, http.StatusBadRequest, slug}
	}
	return []refusal{
		bad("no JSON", `{`, "malformed-json"),
		bad("nothing", ` `, "malformed-json"),
		bad("JSON, but no object", `["session_id"]`, "malformed-json"),
		bad("two objects", `{"session_id":"a","status":"APPROVED"}{}`, "malformed-json"),
		bad("invalid UTF-8", "{\"session_id\":\"a\xff\",\"status\":\"APPROVED\"}", "malformed-json"),
		bad("no session_id", `{"status":"APPROVED"}`, "missing-session-id"),
		bad("an empty session_id", `{"session_id":"","status":"APPROVED"}`, "missing-session-id"),
		bad("a session_id of null", `{"session_id":null,"status":"APPROVED"}`, "missing-session-id"),
		bad("a session_id that is a number", `{"session_id":12,"status":"APPROVED"}`, "invalid-field"),
		bad("a session_id with a NUL", `{"session_id":"a\u0000b","status":"APPROVED"}`, "invalid-field"),
		bad("a session_id that is too long", `{"session_id":"`+strings.Repeat("x", 513)+`","status":"APPROVED"}`, "invalid-field"),
		bad("no status", `{"session_id":"a"}`, "missing-status"),
		bad("an empty status", `{"session_id":"a","status":""}`, "missing-status"),
		bad("the status of another spelling", `{"session_id":"a","Status":"APPROVED"}`, "missing-status"),
		bad("a status that is an object", `{"session_id":"a","status":{}}`, "invalid-field"),
		bad("a step_id that is a list", `{"session_id":"a","status":"APPROVED","step_id":[1]}`, "invalid-field"),
		{"a delivery id that is too long", hook{fields: good(), id: strings.Repeat("e", 513)}, http.StatusBadRequest, "invalid-delivery-id"},
		{"a body above the limit", hook{raw: `{"session_id":"a","status":"APPROVED","x":"` + strings.Repeat("y", webhook.MaxBody) + `"}`},
			http.StatusRequestEntityTooLarge, "body-too-large"},
	}
}

func TestARefusedBodyLeavesNoTrace(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		c.send(hook{id: "evt_0", fields: good()}, "applied")
		for _, r := range badBodies() {
			checkProblem(t, r.name, c.post(r.hook), r.status, r.slug)
			equal(t, "head after "+r.name, c.head(), 1)
		}
		// A refused delivery id is not remembered.
		c.post(hook{id: "evt_1", raw: `{`})
		c.send(hook{id: "evt_1", fields: good()}, "applied")
		auditSessions(t, c, auditLog(t, c))
	})
}

// What explains a status is taken in any form: it must not cost the status.
func TestWhatOnlyExplainsCostsNoWebhook(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		for i, explanation := range []string{`"service":1`, `"reason":true`, `"reason":{"code":"blurred"}`, `"reason":["a",2]`} {
			id := fmt.Sprint("explained-", i)
			c.send(hook{id: "evt_" + id, raw: `{"session_id":"` + id + `","status":"PENDING_VERIFICATION",` + explanation + `}`}, "applied")
			if got := c.session(id, int64(c.head())).Status; got != "PENDING_VERIFICATION" {
				t.Errorf("with %s the session is %s", explanation, got)
			}
		}
	})
}

// A body whose length nobody told is cut off at the limit, too.
func TestAnEndlessBodyIsRefused(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	endless := io.MultiReader(strings.NewReader(`{"session_id":"a","x":"`), bytes.NewReader(make([]byte, 1<<20)))
	request, err := http.NewRequestWithContext(bounded(t), http.MethodPost, c.base+hook{}.path(), endless)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	checkProblem(t, "an endless body", answer{response.StatusCode, response.Header, text}, http.StatusRequestEntityTooLarge, "body-too-large")
	equal(t, "head", c.head(), 0)
}

func TestTheLongestBodyIsTaken(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	prefix, suffix := `{"session_id":"a","status":"PENDING_VERIFICATION","x":"`, `"}`
	body := prefix + strings.Repeat("y", webhook.MaxBody-len(prefix+suffix)) + suffix
	c.send(hook{raw: body}, "applied")
	equal(t, "payload as it was recorded", c.log()[0].Metadata["payload"], any(body))
}

// Whoever tries secrets must not learn which apps there are.
func TestStrangersAreAllToldTheSame(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t), "DOSSIER_RELAY_SIGNING_SECRETS=relay-secret-0123456789").client
	strangers := map[string]hook{
		"a wrong secret":              {query: "secret=wrong", fields: good()},
		"no secret":                   {query: "x=y", fields: good()},
		"an empty secret":             {query: "secret=", fields: good()},
		"the secret in another case":  {query: "secret=" + strings.ToUpper(hookSecret), fields: good()},
		"an unknown app":              {app: "nosuch", fields: good()},
		"an app that can't be one":    {app: "No%20Such", fields: good()},
		"a path below an app":         {app: "default/more", fields: good()},
		"no signature":                {fields: good()},
		"a wrong signature":           {fields: good(), header: http.Header{"X-Hookdeck-Signature": {"d3Jvbmc="}}},
		"a signature that can't be":   {fields: good(), header: http.Header{"X-Hookdeck-Signature": {"%%%"}}},
		"a bad body and wrong secret": {query: "secret=wrong", raw: `{`},
	}
	first := c.post(strangers["a wrong secret"])
	checkProblem(t, "a wrong secret", first, http.StatusUnauthorized, "unauthorized")
	first.header.Del("Date")
	for name, h := range strangers {
		a := c.post(h)
		a.header.Del("Date")
		if a.status != first.status || !bytes.Equal(a.body, first.body) || !sameHeader(a.header, first.header) {
			t.Errorf("%s is answered %d %v %s, a wrong secret %d %v %s",
				name, a.status, a.header, a.body, first.status, first.header, first.body)
		}
	}
	equal(t, "head", c.head(), 0)
}

func sameHeader(a, b http.Header) bool {
	var x, y bytes.Buffer
	_, _ = a.Write(&x), b.Write(&y) // a Buffer takes everything
	return x.String() == y.String()
}

// signature is the relay's: over the raw body, and nothing else.
func signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestASignedBodyIsTaken(t *testing.T) {
	const secret = "relay-secret-0123456789"
	c := serve(t, sqliteURL(t), "DOSSIER_RELAY_SIGNING_SECRETS="+secret).client
	h := hook{fields: good()}
	signed := signature(secret, h.body(t))
	h.header = http.Header{"X-Hookdeck-Signature": {signed}}
	c.send(h, "applied")
	h.header = http.Header{"X-Hookdeck-Signature": {"b2xk"}, "X-Hookdeck-Signature-2": {signed}}
	c.send(h, "applied")
	h.fields = withID("another", whole("APPROVED", ""))
	checkProblem(t, "the signature of another body", c.post(h), http.StatusUnauthorized, "unauthorized")
}

func TestOnlyAllowedAddressesMaySend(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t), "DOSSIER_WEBHOOK_ALLOW_IPS=203.0.113.0/24,2001:db8::/32", "DOSSIER_TRUSTED_PROXIES=127.0.0.0/8,10.0.0.1").client
	from := func(forwarded string) hook {
		return hook{fields: good(), header: http.Header{"X-Forwarded-For": {forwarded}}}
	}
	for _, forwarded := range []string{"203.0.113.9", "198.51.100.1, 203.0.113.9", "203.0.113.9, 10.0.0.1", "2001:db8::1"} {
		c.send(from(forwarded), "applied")
	}
	head := c.head()
	for _, forwarded := range []string{"198.51.100.1", "203.0.113.9, 198.51.100.1", "10.0.0.1", "nonsense", ""} {
		checkProblem(t, "from "+forwarded, c.post(from(forwarded)), http.StatusForbidden, "forbidden")
	}
	checkProblem(t, "without a proxy", c.post(hook{fields: good()}), http.StatusForbidden, "forbidden")
	equal(t, "head", c.head(), head)
	equal(t, "status of the API, which is not fenced", c.get("/v1/sessions").status, http.StatusOK)
}

func TestOnlyPostIsTaken(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		a := c.do(method, hook{}.path(), hook{fields: good()}.body(t), nil)
		checkProblem(t, method, a, http.StatusMethodNotAllowed, "method-not-allowed")
		equal(t, "Allow of "+method, a.header.Get("Allow"), http.MethodPost)
	}
	equal(t, "head", c.head(), 0)
}
