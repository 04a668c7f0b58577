package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"dossier/application/projection"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// What other ports print of a session is what the API answers.
func TestTheFormsAreThoseOfTheAnswers(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1253242"), approved("1253242"), regressed("1253242"))
	folded := kyc.NewSession()
	var events []string
	for _, e := range s.store.events {
		folded.Apply(e.Event, e.Mark())
		events = append(events, string(httpapi.EventJSON(e)))
	}
	s.get("reader", sessionPath).is(200).equals(string(httpapi.SessionJSON(projection.NewSession(stream(), folded, kyc.Rules{}))))
	s.get("reader", sessionPath+"/events").is(200).equals(`{"events":[` + strings.Join(events, ",") + `],"next_after_version":3}`)
	var flag struct{ Violation, State string }
	if err := json.Unmarshal(httpapi.FlagJSON(projection.FlagsIn(s.store.events)[0]), &flag); err != nil || flag.Violation != "regression" || flag.State != "open" {
		t.Errorf("%+v, %v", flag, err)
	}
}
