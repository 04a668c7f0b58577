package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"dossier/docs/schemas"
)

var update = flag.Bool("update", false, "write the schema of an event anew")

// ordered is a JSON object with its members in an order.
type ordered struct {
	names []string
	tree
}

// MarshalJSON keeps the order.
func (o ordered) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			text = append(text, ',')
		}
		value, err := json.Marshal(o.tree[name])
		if err != nil {
			return nil, err
		}
		text = append(append(append(text, '"'), name...), '"', ':')
		text = append(text, value...)
	}
	return append(text, '}'), nil
}

// exampleEvents are those of the served description, as their exact text.
func exampleEvents(t *testing.T, text []byte) []json.RawMessage {
	t.Helper()
	var d struct {
		Paths map[string]struct {
			Get struct {
				Responses map[string]struct {
					Content map[string]struct {
						Example json.RawMessage
					}
				}
			}
		}
	}
	var page struct{ Events []json.RawMessage }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	example := d.Paths["/v1/events"].Get.Responses["200"].Content["application/json"].Example
	if err := json.Unmarshal(example, &page); err != nil || len(page.Events) == 0 {
		t.Fatalf("%d examples, %v", len(page.Events), err)
	}
	return page.Events
}

// eventSchema is the schema of the API's events, made from the description that
// is served: what is described there is not described again.
func eventSchema(d description, examples []json.RawMessage) ordered {
	described := at(d.tree, "components", "schemas", "Event")
	var names []string
	for _, name := range described["required"].([]any) {
		names = append(names, name.(string))
	}
	properties := at(described, "properties")
	properties["metadata"].(tree)["$ref"] = schemas.Prefix + "metadata"
	var rules []any
	for _, name := range schemas.Events() {
		rules = append(rules, tree{
			"if":   tree{"properties": tree{"type": tree{"const": name}}, "required": []string{"type"}},
			"then": tree{"properties": tree{"data": tree{"$ref": schemas.Prefix + name}}},
		})
	}
	return ordered{
		[]string{"$schema", "$id", "title", "description", "type", "properties", "required", "additionalProperties", "allOf", "examples"},
		tree{
			"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schemas.Prefix + "event",
			"title":       "An event as the API sends it",
			"description": "An item of GET /v1/events and of a session's timeline, and the data of a message of the live stream.",
			"type":        "object", "properties": ordered{names, properties}, "required": names,
			"additionalProperties": true, "allOf": rules, "examples": examples,
		},
	}
}

func TestTheSchemaOfAnEventIsThatOfTheDescription(t *testing.T) {
	text := descriptionText()
	var d description // its own: it is changed below
	if err := json.Unmarshal(text, &d.tree); err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	out := json.NewEncoder(&want)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(eventSchema(d, exampleEvents(t, text))); err != nil {
		t.Fatal(err)
	}
	const path = "../../docs/schemas/event.json"
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the description says (write it with -update): %v\n%s", path, err, want.String())
	}
}
