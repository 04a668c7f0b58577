package webhook

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/domain/kyc"
	"dossier/ports/problem"
)

var comparable = cmp.AllowUnexported(message{}, kyc.Trigger{})

// said returns the message of a report on the session s.
func said(r kyc.Report) message { return message{"s", r} }

func TestBodiesThatAreUnderstood(t *testing.T) {
	pending := kyc.ReportPendingVerification
	longest := strings.Repeat("s", 512)
	for name, c := range map[string]struct {
		body string
		want message
	}{
		"the documentation's example": {documented, message{"2ac3f7ab-3729-f968-3f55-aa47e881", kyc.Report{
			StepID: "1253242", Service: "PROOF_OF_ADDRESS", Trigger: pending, Reason: "The document image seems to be forged",
		}}},
		"of a company":      {`{"session_id":"s","status":"APPROVED","reason":""}`, said(kyc.Report{Trigger: kyc.ReportApproved, CompanyForm: true})},
		"service null":      {`{"session_id":"s","status":"RESET","service":null}`, said(kyc.Report{Trigger: kyc.ReportReset})},
		"step null":         {`{"session_id":"s","status":"RESET","step_id":null}`, said(kyc.Report{Trigger: kyc.ReportReset})},
		"service empty":     {`{"session_id":"s","status":"RESET","service":""}`, said(kyc.Report{Trigger: kyc.ReportReset})},
		"keys in next case": {`{"session_id":"s","status":"RESET","Service":"AML","STEP_ID":"1"}`, said(kyc.Report{Trigger: kyc.ReportReset, CompanyForm: true})},
		"step a number":     {`{"session_id":"s","status":"RESET","step_id":1253242}`, said(kyc.Report{Trigger: kyc.ReportReset, StepID: "1253242"})},
		"step a long number": {`{"session_id":"s","status":"RESET","step_id":12345678901234567890123}`,
			said(kyc.Report{Trigger: kyc.ReportReset, StepID: "12345678901234567890123"})},
		"step a float":      {`{"session_id":"s","status":"RESET","step_id":-1.50e+3}`, said(kyc.Report{Trigger: kyc.ReportReset, StepID: "-1.50e+3"})},
		"step empty":        {`{"session_id":"s","status":"RESET","step_id":""}`, said(kyc.Report{Trigger: kyc.ReportReset})},
		"reason null":       {`{"session_id":"s","status":"RESET","step_id":1,"reason":null}`, said(kyc.Report{Trigger: kyc.ReportReset, StepID: "1"})},
		"reason with NUL":   {`{"session_id":"s","status":"RESET","step_id":1,"reason":"a\u0000b"}`, said(kyc.Report{Trigger: kyc.ReportReset, StepID: "1", Reason: "a\uFFFDb"})},
		"escapes":           {`{"s\u0065ssion_id":"\u0073","status":"RES\u0045T","step_id":"\"\\\/\ud83d\ude00"}`, said(kyc.Report{Trigger: kyc.ReportReset, StepID: `"\/😀`})},
		"half a pair":       {`{"session_id":"s","status":"RESET","step_id":1,"reason":"\ud83d"}`, said(kyc.Report{Trigger: kyc.ReportReset, StepID: "1", Reason: "\uFFFD"})},
		"the last counts":   {`{"session_id":"r","session_id":"s","status":"APPROVED","status":"RESET"}`, said(kyc.Report{Trigger: kyc.ReportReset, CompanyForm: true})},
		"spaces as an id":   {`{"session_id":"  ","status":"RESET"}`, message{"  ", kyc.Report{Trigger: kyc.ReportReset, CompanyForm: true}}},
		"longest id":        {`{"session_id":"` + longest + `","status":"RESET"}`, message{kyc.SessionID(longest), kyc.Report{Trigger: kyc.ReportReset, CompanyForm: true}}},
		"unknown and deep":  {`{"x":{"status":"]}","y":[{"z":[]}]},"session_id":"s","n":[],"status":"RESET","o":{}}`, said(kyc.Report{Trigger: kyc.ReportReset, CompanyForm: true})},
		"a byte order mark": {"\ufeff" + `{"session_id":"s","status":"RESET"}`, said(kyc.Report{Trigger: kyc.ReportReset, CompanyForm: true})},
		"white space":       {" \r\n\t{ \"session_id\" : \"s\" ,\n\"step_id\" : 1 , \"status\":\"RESET\" } \n", said(kyc.Report{Trigger: kyc.ReportReset, StepID: "1"})},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, comparable); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

// What explains a status is no reason to lose it, whatever its form.
func TestAnOddReasonOrServiceCostsNoWebhook(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for name, c := range map[string]struct {
		members string
		reason  string
		service kyc.Service
	}{
		"reason an object":    {`"reason":{"code":"FORGED", "message":"it \u0000 is"}`, `{"code":"FORGED", "message":"it \u0000 is"}`, ""},
		"reason a list":       {`"reason":["a",1]`, `["a",1]`, ""},
		"reason a number":     {`"reason":1.50`, `1.50`, ""},
		"reason true":         {`"reason":true`, `true`, ""},
		"reason false":        {`"reason":false`, `false`, ""},
		"reason long, a list": {`"reason":["é` + long + `"]`, `["é` + long[:1996], ""},
		"cut in a character":  {`"reason":["` + long[:1997] + `é"]`, `["` + long[:1997], ""},
		"reason long, a text": {`"reason":"` + long + `"`, long, ""},
		"service a number":    {`"service":1`, "", ""},
		"service a list":      {`"service":["AML"]`, "", ""},
		"service an object":   {`"service":{"id":1}`, "", ""},
		"service true":        {`"service":true`, "", ""},
		"service with NUL":    {`"service":"A\u0000"`, "", ""},
		"service too long":    {`"service":"` + long[:129] + `"`, "", ""},
		"service longest":     {`"service":"` + long[:128] + `"`, "", kyc.Service(long[:128])},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(`{"session_id":"s","step_id":"1","status":"REJECTED",` + c.members + `}`))
			want := said(kyc.Report{StepID: "1", Trigger: kyc.ReportRejected, Reason: c.reason, Service: c.service})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, comparable); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

// The key of a service that is unusable was written all the same.
func TestAnOddServiceIsNoFormOfACompany(t *testing.T) {
	got, err := parse([]byte(`{"session_id":"s","status":"APPROVED","service":1}`))
	if want := said(kyc.Report{Trigger: kyc.ReportApproved}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	const id = `"session_id":"s",`
	long := func(n int) string { return strings.Repeat("x", n) }
	for slug, bodies := range map[string][]string{
		"malformed-json": {
			"", " ", "null", "[]", `"text"`, "1", "true", "{", "}", "{}{}", "{} x", "{}\ufeff", `{"a":1,}`, `{'a':1}`, `{"a"}`,
			`{"session_id":"s","status":"RESET"}{}`, `{"session_id":"s","status":"RESET"`, `{"session_id":"s` + "\xff" + `","status":"RESET"}`,
			`{"session_id":"s","status":"RESET","x":"` + "\xc3\x28" + `"}`, `{"session_id":"s` + "\n" + `","status":"RESET"}`,
			`{"session_id":"s","status":"RESET","n":01}`, "{\x00}", strings.Repeat("[", 30000), `{"a":` + strings.Repeat(`{"a":`, 12000),
		},
		"missing-session-id": {
			`{}`, "\ufeff{}", `{"status":"RESET"}`, `{"session_id":"","status":"RESET"}`, `{"session_id":null,"status":"RESET"}`,
			`{"Session_id":"s","status":"RESET"}`, `{"SESSION_ID":"s","status":"RESET"}`, `{"sessionId":"s","status":"RESET"}`,
			`{"data":{"session_id":"s"},"status":"RESET"}`,
		},
		"missing-status": {
			`{"session_id":"s"}`, `{` + id + `"status":null}`, `{` + id + `"status":""}`, `{` + id + `"status":null,"state":null}`,
			`{` + id + `"state":""}`, `{` + id + `"Status":"RESET"}`, `{` + id + `"status":"","state":"RESET"}`, `{` + id + `"State":"RESET"}`,
		},
		"invalid-field": {
			`{"session_id":1,"status":"RESET"}`, `{"session_id":["s"],"status":"RESET"}`, `{"session_id":true,"status":"RESET"}`,
			`{"session_id":"a\u0000b","status":"RESET"}`, `{"session_id":"a\nb","status":"RESET"}`, `{"session_id":"a\u007fb","status":"RESET"}`,
			`{"session_id":"a\u0085b","status":"RESET"}`, `{"session_id":"\ud800","status":"RESET"}`, `{"session_id":"` + long(513) + `","status":"RESET"}`,
			`{` + id + `"status":1}`, `{` + id + `"status":["RESET"]}`, `{` + id + `"status":false,"state":"RESET"}`, `{` + id + `"state":{}}`,
			`{` + id + `"status":"RESET","step_id":true}`, `{` + id + `"status":"RESET","step_id":[1]}`, `{` + id + `"status":"RESET","step_id":{}}`,
			`{` + id + `"status":"RESET","step_id":"a\u0000b"}`, `{` + id + `"status":"RESET","step_id":"\udc00"}`,
			`{` + id + `"status":"RESET","step_id":"` + long(257) + `"}`, `{` + id + `"status":"RESET","step_id":1` + strings.Repeat("0", 256) + `}`,
		},
	} {
		for _, body := range bodies {
			_, err := parse([]byte(body))
			if p := problem.Of(err); p.Type != slug || p.Status != 400 {
				t.Errorf("%.80q: %d %s %q, want 400 %s", body, p.Status, p.Type, p.Detail, slug)
			}
		}
	}
}

// What was read must not keep the whole body in memory, which a step that lives
// on in a cache would.
func TestFieldsAreCopies(t *testing.T) {
	body := []byte(documented)
	m, err := parse(body)
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = '#'
	}
	again, _ := parse([]byte(documented))
	if diff := cmp.Diff(again, m, comparable); diff != "" {
		t.Errorf("the message changed with the body:\n%s", diff)
	}
}

// The members that are found must be those that encoding/json finds.
func wantSameMembers(t *testing.T, body []byte) {
	t.Helper()
	var want map[string]json.RawMessage
	_ = json.Unmarshal(body, &want)
	o, err := openObject(body)
	if err != nil {
		return
	}
	got := map[string]json.RawMessage{}
	for {
		key, value, ok := o.next()
		if !ok {
			break
		}
		got[string(key)] = value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members of %q (-encoding/json +ours):\n%s", body, diff)
	}
}
