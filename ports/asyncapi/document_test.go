package asyncapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"dossier/adapters/codec"
	"dossier/ports/asyncapi"
)

// tree is a JSON object.
type tree = map[string]any

// read reads JSON for the validator.
func read(t testing.TB, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func document(t testing.TB) tree {
	t.Helper()
	return read(t, asyncapi.Document("1.2.3")).(tree)
}

// at walks down a reference such as #/components/schemas/event; nil if there is
// nothing.
func at(d tree, reference string) any {
	var v any = d
	for name := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		o, _ := v.(tree)
		v = o[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	return v
}

const official = "testdata/asyncapi-3.0.0.schema.json"

func TestTheOfficialSchemaIsThatOfTheReadme(t *testing.T) {
	schema, err := os.ReadFile(official)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(schema); !strings.Contains(string(readme), hex.EncodeToString(sum[:])) {
		t.Errorf("%s is not the file that the README names", official)
	}
}

func specification(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(official)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("asyncapi.json", read(t, text)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheDocumentIsAsyncAPI(t *testing.T) {
	spec := specification(t)
	if err := spec.Validate(document(t)); err != nil {
		t.Errorf("%#v", err)
	}
	// A schema that lets everything through would prove nothing.
	for name, change := range map[string]func(tree){
		"an unknown member":       func(d tree) { d["topics"] = tree{} },
		"another version":         func(d tree) { d["asyncapi"] = "2.6.0" },
		"an unknown action":       func(d tree) { at(d, "#/operations/send.nats").(tree)["action"] = "publish" },
		"a server without a host": func(d tree) { delete(at(d, "#/servers/nats").(tree), "host") },
		"an unknown binding": func(d tree) {
			at(d, "#/channels/kafka/bindings/kafka").(tree)["subject"] = "x"
		},
	} {
		d := document(t)
		change(d)
		if spec.Validate(d) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestTheVersionIsThatOfTheService(t *testing.T) {
	if got := at(document(t), "#/info/version"); got != "1.2.3" {
		t.Errorf("version %v", got)
	}
}

// visit calls f for every object in a value.
func visit(v any, f func(tree)) {
	switch v := v.(type) {
	case tree:
		f(v)
		for _, member := range v {
			visit(member, f)
		}
	case []any:
		for _, item := range v {
			visit(item, f)
		}
	}
}

func TestEveryReferenceIsResolvedWithin(t *testing.T) {
	d, references := document(t), 0
	visit(d, func(o tree) {
		reference, ok := o["$ref"].(string)
		if !ok {
			return
		}
		references++
		if !strings.HasPrefix(reference, "#/") || at(d, reference) == nil {
			t.Errorf("%s leads nowhere", reference)
		}
		if len(o) > 1 {
			t.Errorf("what stands beside %s is not read", reference)
		}
	})
	if references < 100 {
		t.Errorf("only %d references were found", references)
	}
}

func TestEveryEventIsDescribedOnEveryTransport(t *testing.T) {
	d := document(t)
	want := slices.Sorted(slices.Values(codec.Names()))
	for name, channel := range d["channels"].(tree) {
		var events []string
		for event, message := range channel.(tree)["messages"].(tree) {
			events = append(events, event)
			if got := at(d, message.(tree)["$ref"].(string)).(tree)["name"]; got != event {
				t.Errorf("%s: %s is described by the message of %v", name, event, got)
			}
		}
		if slices.Sort(events); !slices.Equal(events, want) {
			t.Errorf("%s has %v, want %v", name, events, want)
		}
		if operation, _ := at(d, "#/operations/send."+name).(tree); operation["action"] != "send" {
			t.Errorf("%s: operation %v", name, operation)
		}
		if at(d, "#/servers/"+name) == nil {
			t.Errorf("%s has no server", name)
		}
	}
	if n := len(d["channels"].(tree)); n != 5 || len(d["operations"].(tree)) != n || len(d["servers"].(tree)) != n {
		t.Errorf("%d channels", n)
	}
}
