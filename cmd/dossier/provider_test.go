package main

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/adapters/simulator"
)

// provider is a fake Synaps, whose API a server is given. It lags behind its
// webhooks by what its configuration says, so that the server need not expect more.
func provider(t *testing.T, cfg fakesynaps.Config) (api *fakeAPI, variables []string) {
	t.Helper()
	cfg.Key = providerKey
	api, err := serveFake(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := api.Close(); err != nil {
			t.Error(err)
		}
	})
	return api, []string{"DOSSIER_SYNAPS_API_KEYS=default=" + providerKey, "DOSSIER_SYNAPS_BASE_URL=" + api.baseURL(), "DOSSIER_PROVIDER_LAG=" + cfg.Lag.String()}
}

const providerKey = "api-key-0123456789abcdef"

// live lets the provider's sessions live.
func (s *server) lives(t *testing.T, api *fakeAPI) fakesynaps.Summary {
	t.Helper()
	lived, err := api.Live(bounded(t), s.base+hook{}.path())
	if err != nil {
		t.Fatal(err)
	}
	return lived
}

// asTruth compares a session of the API with the provider's.
func (c *client) asTruth(t *testing.T, truth fakesynaps.Session, position int64) {
	t.Helper()
	got := c.session(string(truth.ID), position)
	equal(t, "status of session "+text(int64(truth.Number)), got.SessionStatus, truth.Status.String())
	steps := map[string]string{}
	for _, step := range got.Steps {
		steps[step.StepID] = step.Status
	}
	equal(t, "steps", len(steps), len(truth.Steps))
	for _, step := range truth.Steps {
		equal(t, "status of step", steps[string(step.ID)], step.Status.String())
	}
}

// Webhooks get lost; who asks for a session gets the truth, also of a session of
// which no webhook ever came.
func TestAskingTheProviderFindsTheTruthAgain(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		api, variables := provider(t, fakesynaps.Config{Sessions: 30, Seed: 5, Corporate: 0.3, Loss: 0.3, Delay: 0.2, Duplicates: 0.1, Reorder: 0.2})
		s := serve(t, databaseURL, variables...)
		lived := s.lives(t, api)
		if lived.Untold < 10 {
			t.Fatalf("only %d webhooks were lost", lived.Untold)
		}
		differences := 0
		for _, truth := range api.Truth() {
			a := s.as(reviewerToken).do(http.MethodPost, "/v1/sessions/default/"+string(truth.ID)+"/reconcile", nil, nil)
			if a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.body)
			}
			s.asTruth(t, truth, a.position())
		}
		for _, e := range auditLog(t, s.client) {
			if e.Data["cause"] == "reconciled" { // by us, or by the server itself
				differences++
			}
		}
		if differences == 0 {
			t.Error("nothing differed")
		}
		equal(t, "a reader may", s.as(readerToken).do(http.MethodPost, "/v1/sessions/default/x/reconcile", nil, nil).status, http.StatusForbidden)
		s.checkWhole(t, databaseURL)
		if !strings.Contains(must(t, databaseURL, "replay", "--json"), `"reconciled":`+text(int64(differences))) {
			t.Errorf("replay does not count %d reconciled changes: %s", differences, must(t, databaseURL, "replay", "--json"))
		}
	})
}

// What is doubtful is asked for without anyone's doing.
func TestADoubtfulSessionIsReconciledByItself(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		api, variables := provider(t, fakesynaps.Config{Sessions: 12, Seed: 3, Loss: 0.3})
		s := serve(t, databaseURL, variables...)
		s.lives(t, api)
		for lines := s.live("0"); lines.Scan(); {
			if lines.Text() == "event: kyc.snapshot_observed.v1" {
				return
			}
		}
		t.Error("nothing was reconciled")
	})
}

func TestDetailsAreRecordedAndNotKept(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		api, variables := provider(t, fakesynaps.Config{Sessions: 1, Seed: 1})
		s := serve(t, databaseURL, variables...)
		s.lives(t, api)
		truth := api.Truth()[0]
		path := "/v1/sessions/default/" + string(truth.ID) + "/steps/" + string(truth.Steps[0].ID) + "/details"
		equal(t, "without a purpose", s.get(path).status, http.StatusUnprocessableEntity)
		equal(t, "of a reader", s.as(readerToken).get(path+"?purpose=x").status, http.StatusForbidden)
		a := s.as(auditorToken).get(path + "?purpose=complaint+4711")
		if a.status != http.StatusOK || !json.Valid(a.body) || a.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s %s", a.status, a.header, a.body)
		}
		found := false
		for _, e := range auditLog(t, s.client) {
			raw, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if e.Type == "kyc.details_accessed.v1" {
				found = true
				equal(t, "purpose", e.Data["purpose"], any("complaint 4711"))
				equal(t, "position", e.Position, a.position())
			}
			if strings.Contains(string(raw), string(a.body)) {
				t.Error("the details are in the log")
			}
		}
		if !found {
			t.Error("the access is not recorded")
		}
		s.stop()
		checkSilent(t, "the log", s.logs.String(), []string{providerKey, string(a.body), "complaint 4711", string(truth.ID)})
	})
}

// A provider that answers nonsense takes nothing from what webhooks told.
func TestABrokenProviderDisturbsNoWebhook(t *testing.T) {
	t.Parallel()
	broken := &inbox{answer: func(cloudEvent) int { return http.StatusInternalServerError }}
	s := serve(t, sqliteURL(t), "DOSSIER_SYNAPS_API_KEYS=default="+providerKey, "DOSSIER_SYNAPS_BASE_URL="+receive(t, broken))
	summary, err := simulator.Run(bounded(t), simulator.Config{URL: s.base + hook{}.path(), Sessions: 30, Concurrency: 8, Forbidden: 0.5, Late: 0.5})
	if err != nil || summary.Failed > 0 {
		t.Fatalf("%+v, %v", summary, err)
	}
	for _, e := range auditLog(t, s.client) {
		if e.Type == "kyc.snapshot_observed.v1" {
			t.Error("something was observed")
		}
	}
}

// The command is a whole Synaps: it loses webhooks, and who asks it gets the truth.
func TestSimulateCanBeTheProvider(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	s := serve(t, databaseURL)
	ctx, interrupt := context.WithCancel(bounded(t))
	defer interrupt()
	var out, said recording
	ended := make(chan int, 1)
	go func() {
		c := console{out: &out, err: &said, env: environment("")}
		ended <- run(ctx, []string{"simulate", "--provider", "--provider-listen=127.0.0.1:0", "--url=" + s.base + hook{}.path(),
			"--sessions=12", "--rate=0", "--seed=4", "--loss=0.4", "--json"}, c)
	}()
	if out.await(bounded(t), regexp.MustCompile(`"untold":[1-9]`), nil) == nil {
		t.Fatalf("no webhook was lost: %s %s", out.String(), said.String())
	}
	settings := regexp.MustCompile(`(?m)^DOSSIER_SYNAPS_\S+$`).FindAllString(said.String(), -1)
	equal(t, "settings that it prints", len(settings), 2)
	different := 0
	for _, session := range s.sessions("", s.head()) {
		o := commandIn(bounded(t), append(settings, environment(databaseURL).Variables...), "reconcile", "--app=default", "--session="+session.SessionID)
		if o.code == exitFailure {
			t.Fatalf("reconcile: %s", o.err)
		}
		if o.code == exitFindings {
			different++
		}
	}
	if different == 0 {
		t.Error("nothing differed")
	}
	interrupt()
	equal(t, "exit code", <-ended, exitFine)
}

// The API lags: what it shows too late is asked for again by the server itself, and
// no approval is lost meanwhile.
func TestALaggingProviderTakesNoApprovalAway(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		api, variables := provider(t, fakesynaps.Config{Sessions: 12, Seed: 3, Lag: 8 * time.Second})
		s := serve(t, databaseURL, variables...)
		s.lives(t, api)
		a := deferredBy(t, s, api)
		if a["applied"] != false || a["contradicts"] == nil || a["ask_again_at"] == nil {
			t.Errorf("told %v", a)
		}
		asked := false
		for lines := s.live("0"); lines.Scan() && !asked; {
			asked = strings.Contains(lines.Text(), `"type":"kyc.snapshot_observed.v1"`) && !strings.Contains(lines.Text(), `"contradicts"`) &&
				strings.Contains(lines.Text(), `"actor":"dossier"`)
		}
		if !asked {
			t.Error("it was not asked for again")
		}
		for _, e := range auditLog(t, s.client) {
			if e.Data["cause"] == "reconciled" {
				t.Errorf("a lag changed something: %v", e.Data)
			}
		}
		for _, truth := range api.Truth() {
			equal(t, "status", s.session(string(truth.ID), s.head()).SessionStatus, truth.Status.String())
		}
	})
}

// deferredBy asks for sessions until an answer lags, and returns what was told.
func deferredBy(t *testing.T, s *server, api *fakeAPI) (told map[string]any) {
	t.Helper()
	for _, truth := range api.Truth() {
		a := s.as(reviewerToken).do(http.MethodPost, "/v1/sessions/default/"+string(truth.ID)+"/reconcile", nil, nil)
		if err := json.Unmarshal(a.body, &told); err != nil || a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if told["applied"] == false {
			return told
		}
	}
	t.Fatal("no answer lagged")
	return nil
}

func atoi(t *testing.T, digits string) int {
	t.Helper()
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheDemoEndsWithEverySessionAsTheProviderHasIt(t *testing.T) {
	t.Parallel()
	o := commandIn(bounded(t), nil, "demo", "--listen=127.0.0.1:0", "--rate=0", "--waves=3", "--seed=2")
	equal(t, "exit code", o.code, exitFine)
	waves := regexp.MustCompile(`of (\d+) no webhook came\. Asking the provider found (\d+) differences.*: every session is as the provider has it`).FindAllStringSubmatch(o.out, -1)
	if len(waves) != 3 {
		t.Fatalf("%d waves ended well:\n%s\n%s", len(waves), o.out, o.err)
	}
	lost, differences := 0, 0
	for _, wave := range waves {
		lost, differences = lost+atoi(t, wave[1]), differences+atoi(t, wave[2])
	}
	if lost == 0 || differences == 0 {
		t.Errorf("%d webhooks were lost, %d differences found: nothing was shown", lost, differences)
	}
}
