package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"dossier/adapters/fakesynaps"
	"dossier/adapters/simulator"
)

const relaySecret = "relay-signing-secret-0123456789"

// receiverPath is in the URL of a receiver wherever a secret could be.
const receiverPath = "receiver-secret-0123456789"

// Ids of sessions that bad requests name.
const leakyID = "leaky-session-4f1c7be2"

// TestNothingSecretIsTold runs everything at debug level, and then looks
// through all that was logged, counted and answered with an error.
func TestNothingSecretIsTold(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		in := &inbox{answer: func(cloudEvent) int { return http.StatusInternalServerError }}
		api, variables := provider(t, fakesynaps.Config{Sessions: 5, Loss: 0.5, BadAnswers: 0.3, SigningSecret: relaySecret})
		s := serve(t, databaseURL, append(variables, "DOSSIER_RELAY_SIGNING_SECRETS="+relaySecret,
			"DOSSIER_RELAY="+strings.Replace(receive(t, in), "://", "://crm:"+receiverPath+"@", 1)+"/"+receiverPath+"?key="+receiverPath,
			"DOSSIER_RELAY_ALLOW_PRIVATE=true", "DOSSIER_RECEIVER_WAITS=1ms")...)
		simulate(t, s)
		s.lives(t, api)
		asked := askForAll(s, api)
		repeat(s)
		told := misbehave(t, s)
		sessions := s.sessions("", s.head())
		flags := s.flags(s.head(), "")
		told = append(told, ruleBadly(s, flags[0].Position)...)
		told = append(told, s.get("/metrics").body...)
		told = append(append(told, asked...), must(t, databaseURL, "relay", "parked")...)
		told = append(told, must(t, databaseURL, "groups", "list")...)
		s.stop()

		equal(t, "output", strings.Count(s.out.String(), hookSecret), 0)
		if !strings.Contains(s.logs.String(), `"relay":"http-127.0.0.1`) {
			t.Error("nothing is said of the relay")
		}
		secrets := []string{hookSecret, relaySecret, providerKey, aPurpose, receiverPath, madeSecret.FindString(s.out.String()), adminToken, auditorToken, reviewerToken, readerToken, leakyID, "a note about a person"}
		for _, one := range sessions {
			secrets = append(secrets, one.SessionID)
		}
		if len(sessions) < 30 || !strings.Contains(s.logs.String(), `"session_ref":"`) {
			t.Errorf("%d sessions, %d bytes of log: the run was none", len(sessions), len(s.logs.String()))
		}
		checkSilent(t, "the log", s.logs.String(), secrets)
		checkSilent(t, "errors and metrics", string(told), secrets)
	})
}

const aPurpose = "a purpose about a person"

// askForAll asks the provider for all that it has, which answers badly at times,
// and returns the errors.
func askForAll(s *server, api *fakeAPI) (told []byte) {
	for _, truth := range api.Truth() {
		path := "/v1/sessions/default/" + string(truth.ID)
		answers := []answer{s.do(http.MethodPost, path+"/reconcile", nil, nil)}
		for _, step := range truth.Steps {
			answers = append(answers, s.get(path+"/steps/"+string(step.ID)+"/details?"+url.Values{"purpose": {aPurpose}}.Encode()))
		}
		for _, a := range answers {
			if a.status >= http.StatusBadRequest {
				told = append(told, a.body...)
			}
		}
	}
	return told
}

// checkSilent says that a text holds none of the secrets.
func checkSilent(t *testing.T, where, text string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%s tells a secret: ...%s...", where, text[max(0, i-200):min(len(text), i+200)])
			return
		}
	}
}

// simulate sends traffic with every fault, which has every outcome.
func simulate(t *testing.T, s *server) {
	t.Helper()
	summary, err := simulator.Run(bounded(t), simulator.Config{
		URL: s.base + hook{}.path(), Sessions: 30, Concurrency: 8, SigningSecret: relaySecret, Corporate: 0.3, V3: 0.3,
		Duplicates: 0.2, Late: 0.3, Reordered: 0.2, Forbidden: 0.3, Unknown: 0.2,
	})
	if err != nil || summary.Failed > 0 {
		t.Fatalf("traffic: %v, %+v", err, summary)
	}
	for _, outcome := range []string{"applied", "flagged", "discarded", "duplicate"} {
		if summary.Outcomes[outcome] == 0 {
			t.Errorf("no webhook was %s: the traffic says nothing of it", outcome)
		}
	}
}

// repeat has the one outcome that simulated traffic lacks.
func repeat(s *server) {
	h := hook{fields: good(), header: http.Header{}}
	h.fields["status"] = "SUBMISSION_REQUIRED"
	h.header.Set("X-Hookdeck-Signature", signature(relaySecret, h.body(s.tb)))
	s.send(h, "repeated")
}

// misbehave makes every bad call there is, with secrets wherever they could
// stand, and returns all that was answered.
func misbehave(t *testing.T, s *server) (told []byte) {
	tell := func(a answer) {
		if a.status < http.StatusBadRequest {
			t.Errorf("a bad call was answered with %d %s", a.status, a.body)
		}
		told = append(told, a.body...)
		told = append(told, fmt.Sprint(a.header)...)
	}
	for _, r := range badBodies() {
		tell(s.post(r.hook))
	}
	for _, h := range []hook{
		{fields: withID(leakyID, whole("APPROVED", ""))},
		{query: "secret=" + hookSecret + "x", fields: withID(leakyID, whole("APPROVED", ""))},
		{app: hookSecret, fields: withID(leakyID, whole("APPROVED", ""))},
		{app: "default/" + leakyID, fields: good()},
	} {
		tell(s.post(h))
		tell(s.do(http.MethodPut, h.path(), h.body(t), nil))
	}
	for _, path := range []string{
		sessionPath("default", leakyID), sessionPath("default", leakyID, "version=x"), sessionPath("default", leakyID, "as_of="+leakyID),
		"/v1/sessions/default/" + leakyID + "/" + leakyID, "/v1/sessions?cursor=" + leakyID, "/v1/sessions?status=" + leakyID,
		"/v1/sessions?" + leakyID + "=1", "/v1/sessions?" + adminToken, "/v1/events?type=" + leakyID, "/v1/flags?app=" + leakyID + "!",
		"/v1/sessions/default/" + leakyID + "/events?limit=0", "/" + leakyID, "//v1/sessions/default/" + leakyID, "/docs/" + leakyID,
	} {
		tell(s.get(path))
	}
	for _, token := range []string{"", adminToken + "x", hookSecret} {
		tell(s.as(token).get(sessionPath("default", leakyID)))
	}
	tell(s.do(http.MethodGet, "/v1/sessions", nil, http.Header{"Authorization": {"Basic " + adminToken}}))
	return told
}

// ruleBadly makes bad rulings of a flag, and returns all that was answered.
func ruleBadly(s *server, position int64) (told []byte) {
	const note = "a note about a person"
	json := http.Header{"Content-Type": {"application/json"}}
	path := fmt.Sprintf("/v1/flags/%d/resolution", position)
	for _, body := range []string{
		`{"decision":"` + note + `","note":"x"}`, `{"decision":"accept","note":{"` + note + `":1}}`, note,
		`{"decision":"accept","note":"x","` + leakyID + `":1}`, `{"decision":"accept","note":"` + strings.Repeat(note, 300) + `"}`,
	} {
		told = append(told, s.do(http.MethodPost, path, []byte(body), json).body...)
	}
	s.resolve(position, "accept", note)
	return append(told, s.resolve(position, "accept", note).body...)
}

// What a database says of a fault may quote what it was given.
func TestAFaultOfTheDatabaseTellsNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: withID(leakyID, whole("PENDING_VERIFICATION", ""))}, "applied")
		s.session(leakyID, 1)
		breakModels := []string{`ALTER TABLE sessions RENAME TO away`, `ALTER TABLE heads RENAME TO gone`}
		execute(t, raw(t, databaseURL), breakModels...)
		var told []byte
		told = append(told, s.post(hook{fields: withID(leakyID, whole("APPROVED", ""))}).body...)
		told = append(told, s.get(sessionPath("default", leakyID)).body...)
		told = append(told, s.get("/v1/sessions").body...)
		for _, where := range []string{s.logs.String(), string(told)} {
			checkSilent(t, "a fault", where, []string{leakyID, hookSecret, adminToken})
		}
		if len(told) == 0 {
			t.Error("nothing failed")
		}
	})
}

// The output of serve is where what it made is shown: each once, in its line.
func TestServePrintsItsSecretsOnceOnItsOutput(t *testing.T) {
	t.Parallel()
	p := launch(t, sqliteURL(t), "DOSSIER_WEBHOOK_SECRETS=", "DOSSIER_API_TOKENS=")
	p.address()
	p.terminate()
	urls := regexp.MustCompile(`(?m)^  http://\S+\?secret=(\S+)$`).FindAllStringSubmatch(p.out.String(), -1)
	tokens := regexp.MustCompile(`(?m)^  (dossier_\S+)$`).FindAllStringSubmatch(p.out.String(), -1)
	if len(urls) != 1 || len(tokens) != 1 {
		t.Fatalf("%d URLs and %d tokens on the output", len(urls), len(tokens))
	}
	for _, secret := range []string{urls[0][1], tokens[0][1]} {
		equal(t, "times that it is on the output", strings.Count(p.out.String(), secret), 1)
		equal(t, "times that it is in the log", strings.Count(p.logs.String(), secret), 0)
	}
}
