package fakesynaps_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dossier/adapters/fakesynaps"
	"dossier/domain/kyc"
)

// get asks the API with its key.
func get(p *fakesynaps.Provider, path string) *httptest.ResponseRecorder {
	return getWith(p, apiKey, path)
}

func getWith(p *fakesynaps.Provider, key, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/v4"+path, nil)
	r.Header.Set("Api-Key", key)
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

// lived is a provider whose sessions have lived.
func lived(tb testing.TB, cfg fakesynaps.Config) *fakesynaps.Provider {
	p := newProvider(tb, cfg, http.HandlerFunc(accepting))
	live(tb, p)
	return p
}

func path(s fakesynaps.Session) string {
	return "/" + s.Kind.String() + "/session/" + string(s.ID)
}

type overview struct {
	App struct {
		ID   json.RawMessage
		Name string
	}
	Session struct {
		ID, Status string
		Alias      *string
		Sandbox    *bool
		Steps      []struct {
			ID           json.RawMessage
			Status, Type string
		}
	}
}

// TestTheOverviewShowsTheTruth in every form that the provider's own has.
func TestTheOverviewShowsTheTruth(t *testing.T) {
	p := lived(t, fakesynaps.Config{Seed: 11, Sessions: 150, Corporate: 0.3})
	seen := map[string]int{}
	for _, s := range p.Truth() {
		w := get(p, path(s))
		var o overview
		if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d: %v", w.Code, err)
		}
		if o.Session.ID != string(s.ID) || o.Session.Status != s.Status.String() || o.Session.Alias == nil || o.Session.Sandbox == nil || o.App.Name == "" {
			t.Fatalf("%+v, want %+v", o, s)
		}
		for i, step := range o.Session.Steps {
			if _, ok := kyc.ParseStatus(step.Status); !ok {
				t.Fatalf("a step is %s", step.Status)
			}
			seen[s.Kind.String()+" id "+form(step.ID)]++
			if s.Kind == kyc.KindCorporate {
				continue
			}
			if want := s.Steps[i]; strings.Trim(string(step.ID), `"`) != string(want.ID) || step.Type != string(want.Service) || step.Status != want.Status.String() {
				t.Fatalf("step %+v, want %+v", step, want)
			}
		}
		seen["app id "+form(o.App.ID)]++
		if bytes.Contains(w.Body.Bytes(), []byte(`"level"`)) {
			seen["unknown fields"]++
		}
	}
	for _, want := range []string{
		"individual id text", "individual id number", "corporate id text", "corporate id number", "corporate id none",
		"app id text", "app id number", "unknown fields",
	} {
		if seen[want] == 0 {
			t.Errorf("no overview has %s: %v", want, seen)
		}
	}
	if seen["individual id none"] > 0 {
		t.Error("a step of a person has no id")
	}
}

func form(id json.RawMessage) string {
	switch {
	case len(id) == 0:
		return "none"
	case id[0] == '"':
		return "text"
	default:
		return "number"
	}
}

func TestDetailsAreThoseOfTheStepAndInvented(t *testing.T) {
	p := lived(t, fakesynaps.Config{Seed: 12, Sessions: 60, Corporate: 0.3})
	refused, kept := 0, 0
	for _, s := range p.Truth() {
		names := []string{"COMPANY_DETAILS", "AML"}
		if s.Kind == kyc.KindIndividual {
			names = nil
			for _, step := range s.Steps {
				names = append(names, string(step.ID))
			}
		}
		for _, name := range names {
			w := get(p, path(s)+"/step/"+name)
			var d struct {
				Type, Status           string
				Metadata               map[string]any
				Reason                 struct{ Code, Message string }
				Document, Verification map[string]any
			}
			if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != http.StatusOK || d.Type == "" || d.Metadata == nil {
				t.Fatalf("%d %s: %v", w.Code, w.Body, err)
			}
			if d.Status == "REJECTED" || d.Status == "RESUBMISSION_REQUIRED" {
				refused++
				if d.Reason.Code == "" || d.Reason.Message == "" {
					t.Errorf("refused without a reason: %s", w.Body)
				}
			}
			if text := w.Body.String(); d.Document != nil || d.Verification != nil {
				kept++
				if !containsAny(text, "SPECIMEN", "example.invalid", "+1 555 01", "Example ") {
					t.Errorf("data that do not look invented: %s", text)
				}
			}
		}
	}
	if refused == 0 || kept == 0 {
		t.Errorf("%d refused, %d with data", refused, kept)
	}
}

func containsAny(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func TestWhatTheAPIDoesNotKnowIsAnErrorInItsForm(t *testing.T) {
	p := lived(t, fakesynaps.Config{Seed: 13, Sessions: 20, Corporate: 0.5})
	var person, company fakesynaps.Session
	for _, s := range p.Truth() {
		if s.Kind == kyc.KindCorporate {
			company = s
		} else {
			person = s
		}
	}
	for name, row := range map[string]struct {
		key, path string
		status    int
	}{
		"no key":                 {"", path(person), 401},
		"another key":            {"another", path(person), 401},
		"no key, unknown":        {"", "/individual/session/nobody", 401},
		"unknown session":        {apiKey, "/individual/session/nobody", 404},
		"a company as a person":  {apiKey, "/individual/session/" + string(company.ID), 404},
		"a person as a company":  {apiKey, "/corporate/session/" + string(person.ID), 404},
		"unknown step":           {apiKey, path(person) + "/step/1", 404},
		"a person's by service":  {apiKey, path(person) + "/step/LIVENESS", 404},
		"unknown service":        {apiKey, path(company) + "/step/LIVENESS", 404},
		"no call of the API":     {apiKey, "/individual/sessions", 404},
		"an id with other signs": {apiKey, "/individual/session/%2e%2e%2f%00", 404},
	} {
		t.Run(name, func(t *testing.T) {
			w := getWith(p, row.key, row.path)
			var e struct{ Code, Message string }
			if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || w.Code != row.status || e.Code == "" || e.Message == "" {
				t.Errorf("%d %s: %v", w.Code, w.Body, err)
			}
			if w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("as %s", w.Header().Get("Content-Type"))
			}
		})
	}
}
