package synaps

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

func TestOverviewsAreReadWithTolerance(t *testing.T) {
	step := func(id, service, status string) kyc.ObservedStep {
		return kyc.ObservedStep{StepID: kyc.StepID(id), Service: kyc.Service(service), Status: status}
	}
	of := func(status string, steps ...kyc.ObservedStep) kyc.Snapshot {
		return kyc.Snapshot{Status: status, Steps: steps}
	}
	for name, c := range map[string]struct {
		body string
		want kyc.Snapshot
	}{
		"as documented":            {overview(approved), of("APPROVED", step("1", "LIVENESS", "APPROVED"))},
		"no steps":                 {overview(`"status":"APPROVED"`), of("APPROVED")},
		"null steps":               {overview(`"status":"APPROVED","steps":null`), of("APPROVED")},
		"no more than that":        {`{"session":{"id":"sess-9b2e 7","status":"REJECTED","steps":[]}}`, of("REJECTED")},
		"an app of another form":   {`{"app":[1],"session":{"id":"sess-9b2e 7","status":"REJECTED"}}`, of("REJECTED")},
		"statuses of the future":   {overview(`"status":"x y","steps":[{"id":"1","status":"Z"}]`), of("x y", step("1", "", "Z"))},
		"a number, exactly":        {overview(`"status":"A","steps":[{"id":12345678901234567891,"type":"T"}]`), of("A", step("12345678901234567891", "T", ""))},
		"steps without ids":        {overview(`"status":"A","steps":[{"type":"T"},{"id":null,"type":null,"status":"S"}]`), of("A", step("", "T", ""), step("", "", "S"))},
		"unknown fields":           {overview(`"Status":"B","status":"A","new":{"a":{}},"steps":[{"id":"1","ID":"2","x":[[]]}]`), of("A", step("1", "", ""))},
		"an escaped name":          {overview(`"st\u0061tus":"A"`), of("A")},
		"as many steps as allowed": {overview(`"status":"A","steps":[` + strings.Repeat(`{},`, maxSteps-1) + `{}]`), of("A", make([]kyc.ObservedStep, maxSteps)...)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := overviewOf(asJSON, []byte(c.body), session)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestAnIDMayBeANumber(t *testing.T) {
	for _, digits := range []string{"7", "-7", "12345678901234567891"} {
		body := fmt.Sprintf(`{"session":{"id":%s,"status":"A"}}`, digits)
		if _, err := overviewOf(asJSON, []byte(body), kyc.SessionID(digits)); err != nil {
			t.Errorf("%s: %v", digits, err)
		}
	}
}

func TestWhatIsNoOverview(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, body := range map[string]string{
		"nothing":                   ``,
		"HTML":                      `<html></html>`,
		"cut off":                   overview(approved)[:90],
		"garbage behind":            overview(approved) + `x`,
		"another behind":            overview(approved) + overview(approved),
		"a list":                    `[]`,
		"null":                      `null`,
		"no session":                `{"app":{}}`,
		"null session":              `{"session":null}`,
		"a session's name":          `{"session":"sess-9b2e 7"}`,
		"another session":           `{"session":{"id":"other","status":"A"}}`,
		"almost this session":       `{"session":{"id":"SESS-9b2e 7","status":"A"}}`,
		"no id":                     `{"session":{"status":"A"}}`,
		"null id":                   `{"session":{"id":null,"status":"A"}}`,
		"an id of two kinds":        `{"session":{"id":["sess-9b2e 7"],"status":"A"}}`,
		"no status":                 overview(`"steps":[]`),
		"null status":               overview(`"status":null`),
		"empty status":              overview(`"status":""`),
		"a status's number":         overview(`"status":1`),
		"a long status":             overview(`"status":"` + long(maxStatus+1) + `"`),
		"two sessions":              `{"session":{},` + overview(approved)[1:],
		"two statuses":              overview(`"status":"A","status":"A"`),
		"two statuses, one escaped": overview(`"status":"A","st\u0061tus":"B"`),
		"two ids of a step":         overview(`"status":"A","steps":[{"id":1,"id":2}]`),
		"one step twice":            overview(`"status":"A","steps":[{"id":1,"status":"A"},{"id":"1","status":"B"}]`),
		"steps by name":             overview(`"status":"A","steps":{}`),
		"a null step":               overview(`"status":"A","steps":[null]`),
		"a step's name":             overview(`"status":"A","steps":["LIVENESS"]`),
		"a flag as id":              overview(`"status":"A","steps":[{"id":true}]`),
		"a long step id":            overview(`"status":"A","steps":[{"id":"` + long(maxStepID+1) + `"}]`),
		"a long number":             overview(`"status":"A","steps":[{"id":1` + strings.Repeat("0", maxStepID) + `}]`),
		"a long service":            overview(`"status":"A","steps":[{"id":1,"type":"` + long(maxService+1) + `"}]`),
		"a service's number":        overview(`"status":"A","steps":[{"id":1,"type":5}]`),
		"NUL in a status":           overview(`"status":"A\u0000"`),
		"NUL in a step id":          overview(`"status":"A","steps":[{"id":"1\u0000"}]`),
		"half of a pair":            overview(`"status":"A","steps":[{"id":"1","type":"\ud800"}]`),
		"invalid UTF-8":             overview("\"status\":\"A\xff\""),
		"invalid UTF-8 beside":      overview("\"alias\":\"\xff\",\"status\":\"A\""),
		"too many steps":            overview(`"status":"A","steps":[` + strings.Repeat(`{},`, maxSteps) + `{}]`),
		"a byte order mark":         "\ufeff" + overview(approved),
		"endless nesting":           strings.Repeat(`[`, 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := overviewOf(asJSON, []byte(body), session); !errors.Is(err, reconcile.ErrAnswer) {
				t.Errorf("%v, %v", got, err)
			} else {
				secretive(t, err)
			}
		})
	}
}

func TestAnOverviewCallsItselfJSON(t *testing.T) {
	for name, ok := range map[string]bool{
		"application/json": true, "Application/JSON;charset=utf-8": true, "application/vnd.api+json": true,
		"": false, "text/html": false, "text/plain; charset=utf-8": false, "application/jsonp": false, "image/x+json": false, ";": false,
	} {
		if _, err := overviewOf(name, []byte(overview(approved)), session); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestDetailsArePassedOnAsTheyAre(t *testing.T) {
	for _, c := range []struct{ contentType, body, want string }{
		{"application/json", ` {"a":1,"a":2} `, "application/json"},
		{"application/hal+json", `[null]`, "application/hal+json"},
		{"", `"x"`, "application/json"},
		{"text/html", `"<script>"`, "application/json"}, // no browser is to believe it
	} {
		got, err := detailsOf(c.contentType, []byte(c.body))
		if err != nil || string(got.Body) != c.body || got.ContentType != c.want {
			t.Errorf("%s %s: %s, %v", c.contentType, c.body, got.ContentType, err)
		}
	}
	for _, body := range []string{"", "<html>", `{"a":`, `{}{}`} {
		if _, err := detailsOf("application/json", []byte(body)); !errors.Is(err, reconcile.ErrAnswer) {
			t.Errorf("%q: %v", body, err)
		}
	}
}
