package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// awkward is JSON that every encoder would like to change.
var awkward = []string{
	`{"reason": "a < b && c > d"}`,
	`{"reason":"\u003cscript\u003e \u00e9 é \ud83d\ude00 \/ \u2028"}`,
	"{\n\t\"spaced\" :  [ 1 , 2.0, 1e2, 12345678901234567890 ] ,\r\n\"b\":1,\"a\":2,\"a\":3 }",
	`{"raw":"{\"session_id\":\"x\"}","sep":"` + "\u2028" + `"}`,
	`{}`,
}

func TestDataAndMetadataLeaveByteByByte(t *testing.T) {
	s := newService(t)
	for i, text := range awkward {
		s.store.append(stream(), pending("1"))
		s.store.events[i].Data, s.store.events[i].Metadata = text, awkward[len(awkward)-1-i]
	}
	for _, path := range []string{"/v1/events", sessionPath + "/events"} {
		body := s.get("reader", path).is(200).Body.String()
		for i, text := range awkward {
			want := `"data":` + text + `,"metadata":` + awkward[len(awkward)-1-i] + "}"
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s is not in\n%s", path, want, body)
			}
		}
	}
}

func TestAnEventHasTheFieldsOfTheDesign(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	want := `{"position":1,"event_id":"019c13e5-2b40-7c11-9a3f-000000000001","app":"default",
		"session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","version":1,"type":"kyc.status_changed.v1",
		"recorded_at":"2026-03-01T06:00:01.000250Z","data":{"fake":true},"metadata":{}}`
	s.get("reader", "/v1/events").is(200).position("1").equals(`{"events":[` + want + `],"next_after":1}`)
	s.get("reader", sessionPath+"/events").is(200).position("1").equals(`{"events":[` + want + `],"next_after_version":1}`)
}

func TestTheLogIsReadToTheHead(t *testing.T) {
	s := newService(t)
	s.many(5)
	var all []any
	after := 0.0
	for range 4 {
		a := s.get("reader", fmt.Sprintf("/v1/events?limit=2&after=%v", after)).is(200).position("5")
		all = append(all, a.list("events", "position")...)
		after = a.json()["next_after"].(float64)
	}
	if diff := cmp.Diff([]any{1.0, 2.0, 3.0, 4.0, 5.0}, all); diff != "" || after != 5 {
		t.Errorf("next_after %v, events %s", after, diff)
	}
	s.get("reader", "/v1/events?after=99").is(200).equals(`{"events":[],"next_after":99}`)
}

func TestAFilteredPageMayBeEmptyBeforeTheHead(t *testing.T) {
	s := newService(t)
	s.many(4)
	s.store.append(eventlog.Stream{App: "second", Session: "o"}, regressed("1"))
	s.store.scans = 3
	for query, want := range map[string]string{
		"app=second":                            `{"events":[],"next_after":3}`,
		"type=kyc.transition_flagged.v1":        `{"events":[],"next_after":3}`,
		"app=second&type=kyc.status_changed.v1": `{"events":[],"next_after":3}`,
		"app=second&type=none&after=5":          `{"events":[],"next_after":5}`,
	} {
		s.get("reader", "/v1/events?"+query).is(200).equals(want)
	}
	for _, query := range []string{"app=second&after=3", "type=kyc.transition_flagged.v1&after=3"} {
		a := s.get("reader", "/v1/events?"+query).is(200)
		if diff := cmp.Diff([]any{5.0}, a.list("events", "position")); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestATimelineIsReadInPages(t *testing.T) {
	s := newService(t)
	s.many(1)
	s.store.append(stream(), pending("1"), approved("1"), regressed("1"))
	a := s.get("reader", sessionPath+"/events?limit=2").is(200).position("4")
	if diff := cmp.Diff([]any{1.0, 2.0}, a.list("events", "version")); diff != "" || a.json()["next_after_version"] != 2.0 {
		t.Errorf("%s, next %v", diff, a.json()["next_after_version"])
	}
	a = s.get("reader", sessionPath+"/events?after_version=2").is(200)
	if diff := cmp.Diff([]any{3.0}, a.list("events", "version")); diff != "" {
		t.Error(diff)
	}
	s.get("reader", sessionPath+"/events?after_version=3").is(200).equals(`{"events":[],"next_after_version":3}`)
	s.get("reader", "/v1/sessions/default/unknown/events").position("4").problem(404, "session-not-found")
	s.get("reader", "/v1/sessions/second/"+string(session)+"/events").problem(404, "session-not-found")
}

func TestPagesOfEventsHaveLimits(t *testing.T) {
	s := newService(t)
	for range 1001 {
		s.store.lagging = true
		s.store.append(stream(), kyc.StatusRepeated{Trigger: kyc.ReportApproved, Status: kyc.Approved})
	}
	for query, want := range map[string]int{"": 100, "?limit=1000": 1000, "?limit=1": 1} {
		for _, path := range []string{"/v1/events", sessionPath + "/events"} {
			if got := len(s.get("reader", path+query).is(200).list("events", "type")); got != want {
				t.Errorf("%s%s: %d events, want %d", path, query, got, want)
			}
		}
	}
	s.get("reader", "/v1/events?limit=1001").problem(422, "invalid-request")
}
