package httpapi_test

import (
	"strings"
	"testing"
)

func eachOperation(d description, visit func(path, method string, operation tree)) {
	for path, item := range at(d.tree, "paths") {
		for method, operation := range item.(tree) {
			visit(path, method, operation.(tree))
		}
	}
}

func TestDescriptionNamesEveryCall(t *testing.T) {
	s := newService(t)
	if s.spec.tree["openapi"] != "3.1.0" || at(s.spec.tree, "info")["version"] != "test" {
		t.Errorf("openapi %v, info %v", s.spec.tree["openapi"], s.spec.tree["info"])
	}
	var calls []string
	eachOperation(s.spec, func(path, method string, _ tree) { calls = append(calls, method+" "+path) })
	all := []string{
		"get /v1/sessions", "get /v1/sessions/{app}/{session_id}", "get /v1/sessions/{app}/{session_id}/events",
		"get /v1/events", "get /v1/flags", "post /v1/flags/{position}/resolution", "get /v1/projections", "get /v1/stats",
		"get /v1/access-log",
		"get /v1/events/{position}/proof", "get /v1/log/consistency",
		"get /v1/sessions/{app}/{session_id}/evidence", "post /v1/sessions/{app}/{session_id}/reconcile",
		"get /v1/sessions/{app}/{session_id}/steps/{step_id}/details",
		"get /healthz", "get /readyz",
	}
	for _, want := range all {
		if !strings.Contains(" "+strings.Join(calls, " , ")+" ", " "+want+" ") {
			t.Errorf("%s is not described", want)
		}
	}
	if len(calls) != len(all) {
		t.Errorf("%d calls are described: %v", len(calls), calls)
	}
}

func TestDescriptionOfEachCallIsComplete(t *testing.T) {
	s := newService(t)
	eachOperation(s.spec, func(path, method string, o tree) {
		name := method + " " + path
		for _, member := range []string{"operationId", "summary", "description", "tags", "security"} {
			if o[member] == nil || o[member] == "" {
				t.Errorf("%s has no %s", name, member)
			}
		}
		secured := len(o["security"].([]any)[0].(tree)) > 0
		if secured != strings.HasPrefix(path, "/v1/") {
			t.Errorf("%s: security %v", name, o["security"])
		}
		want := []string{"200", "406", "422", "500"}
		if secured {
			want = append(want, "401", "403", "503")
		}
		for _, status := range want {
			if at(o, "responses", status) == nil {
				t.Errorf("%s does not describe %s", name, status)
			}
		}
		for status, r := range at(o, "responses") {
			checkResponse(t, s.spec, name+" "+status, status, r.(tree))
		}
		parameters, _ := o["parameters"].([]any)
		for _, p := range parameters {
			if p.(tree)["description"] == nil || p.(tree)["description"] == "" {
				t.Errorf("%s: the parameter %v has no description", name, p.(tree)["name"])
			}
		}
	})
}

// checkResponse wants errors to be problems, and examples that are as
// described.
func checkResponse(t *testing.T, d description, name, status string, r tree) {
	t.Helper()
	if r["description"] == nil || r["description"] == "" {
		t.Errorf("%s has no description", name)
	}
	for header, h := range at(r, "headers") {
		if h.(tree)["description"] == nil {
			t.Errorf("%s: the header %s has no description", name, header)
		}
	}
	if status == "304" {
		return
	}
	problems := status >= "400" && !strings.Contains(name, "/readyz 503")
	if problems != (at(r, "content", "application/problem+json") != nil) {
		t.Errorf("%s: problem %v, content %v", name, problems, r["content"])
	}
	for _, media := range at(r, "content") {
		m := media.(tree)
		values := []any{}
		if m["example"] != nil {
			values = append(values, m["example"])
		}
		for _, e := range at(m, "examples") {
			values = append(values, e.(tree)["value"])
		}
		if len(values) == 0 {
			t.Errorf("%s has no example", name)
		}
		for _, v := range values {
			for _, fault := range d.faults(at(m, "schema"), v, "example") {
				t.Errorf("%s: %s", name, fault)
			}
		}
	}
}

func TestDescriptionShowsNoErrorsOfTheFramework(t *testing.T) {
	s := newService(t)
	for name := range at(s.spec.tree, "components", "schemas") {
		if strings.HasPrefix(name, "Error") {
			t.Errorf("the schema %s is not ours", name)
		}
	}
	if at(s.spec.tree, "components", "securitySchemes", "bearer")["scheme"] != "bearer" {
		t.Error("no bearer scheme")
	}
}

func TestAnswersMayGrowButRequestsAreStrict(t *testing.T) {
	s := newService(t)
	schemas := at(s.spec.tree, "components", "schemas")
	if got := at(schemas, "Session")["additionalProperties"]; got != nil {
		t.Errorf("a session may have no further members: %v", got)
	}
	if got := at(schemas, "RulingRequest")["additionalProperties"]; got != false {
		t.Errorf("a ruling may have further members: %v", got)
	}
}
