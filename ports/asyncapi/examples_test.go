package asyncapi_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"dossier/adapters/codec"
)

// within compiles a schema of the document.
func within(t *testing.T, d tree, reference string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7) // which AsyncAPI's own schemas extend
	c.AssertFormat()
	if err := c.AddResource("document.json", d); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("document.json" + reference)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eachMessage calls f for every message.
func eachMessage(t *testing.T, d tree, f func(t *testing.T, reference string, message tree)) {
	t.Helper()
	for name, m := range at(d, "#/components/messages").(tree) {
		t.Run(name, func(t *testing.T) { f(t, "#/components/messages/"+name, m.(tree)) })
	}
}

func TestEveryExampleIsAsDescribed(t *testing.T) {
	d := document(t)
	eachMessage(t, d, func(t *testing.T, reference string, m tree) {
		headers, payload := within(t, d, reference+"/headers"), within(t, d, reference+"/payload")
		examples := m["examples"].([]any)
		if len(examples) == 0 || m["title"] == "" || m["summary"] == "" {
			t.Errorf("%d examples, title %v, summary %v", len(examples), m["title"], m["summary"])
		}
		for _, e := range examples {
			if err := headers.Validate(e.(tree)["headers"]); err != nil {
				t.Error(err)
			}
			if err := payload.Validate(e.(tree)["payload"]); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestThePayloadOfAnotherEventIsRefused(t *testing.T) {
	d := document(t)
	eachMessage(t, d, func(t *testing.T, reference string, m tree) {
		payload := within(t, d, reference+"/payload")
		for name, ruin := range map[string]func(tree){
			"another type": func(o tree) { o["type"] = "kyc.another.v1" },
			"no data":      func(o tree) { delete(o, "data") },
			"empty data":   func(o tree) { o["data"] = tree{} },
		} {
			o := cloned(t, m["examples"].([]any)[0].(tree)["payload"])
			ruin(o)
			if payload.Validate(o) == nil {
				t.Errorf("%s was accepted", name)
			}
		}
	})
}

func cloned(t *testing.T, o any) tree {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, text).(tree)
}

// The example of each event is one that was really stored.
func TestExamplesAreGoldenEvents(t *testing.T) {
	d := document(t)
	for _, name := range codec.Names() {
		lines, err := os.ReadFile("../../adapters/codec/testdata/" + name + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		data := at(d, "#/components/messages/"+name+".nats").(tree)["examples"].([]any)[0].(tree)["payload"].(tree)["data"]
		found := false
		for line := range strings.Lines(string(lines)) {
			golden, _ := json.Marshal(read(t, []byte(line)))
			shown, _ := json.Marshal(data)
			found = found || string(golden) == string(shown)
		}
		if !found {
			t.Errorf("%s: %v is in no golden file", name, data)
		}
	}
}

// checkPlace wants the place that a message names to be there in its example.
// Only the first event of a webhook has no cause.
func checkPlace(t *testing.T, location string, m tree) {
	t.Helper()
	parts := regexp.MustCompile(`^\$message\.(payload|header)#/(.+)$`).FindStringSubmatch(location)
	if parts == nil {
		t.Fatalf("the place %q", location)
	}
	example := m["examples"].([]any)[0].(tree)
	if at(example, "#/"+parts[1]+"/"+parts[2]) == nil && parts[2] != "metadata/causation_id" {
		t.Errorf("there is no %s in %v", location, example)
	}
}

func TestCorrelationIDsAreInTheMessages(t *testing.T) {
	d := document(t)
	eachMessage(t, d, func(t *testing.T, _ string, m tree) {
		checkPlace(t, at(m, "#/correlationId/location").(string), m)
	})
}

func TestParametersOfAddressesAreInTheMessages(t *testing.T) {
	d := document(t)
	for _, c := range d["channels"].(tree) {
		address, _ := c.(tree)["address"].(string)
		parameters, _ := c.(tree)["parameters"].(tree)
		if n := strings.Count(address, "{"); n != len(parameters) {
			t.Errorf("%s has the parameters %v", address, parameters)
		}
		for parameter, p := range parameters {
			if !strings.Contains(address, "{"+parameter+"}") {
				t.Errorf("%s has no %s", address, parameter)
			}
			for _, m := range c.(tree)["messages"].(tree) {
				checkPlace(t, p.(tree)["location"].(string), at(d, m.(tree)["$ref"].(string)).(tree))
			}
		}
	}
}

// A session id opens the person's verification page: it must not be described as
// a part of what brokers and proxies log.
func TestNoHeaderOrAddressHasTheSession(t *testing.T) {
	d := document(t)
	session := at(d, "#/components/messages/"+codec.StatusChangedV1+".nats").(tree)["examples"].([]any)[0].(tree)["payload"].(tree)["subject"].(string)
	eachMessage(t, d, func(t *testing.T, _ string, m tree) {
		headers, _ := json.Marshal([]any{m["headers"], m["bindings"], m["examples"].([]any)[0].(tree)["headers"]})
		if strings.Contains(string(headers), session) || strings.Contains(string(headers), "session_id") {
			t.Errorf("a header has the session: %s", headers)
		}
	})
}
