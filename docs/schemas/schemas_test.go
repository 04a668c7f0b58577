package schemas_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"dossier/adapters/codec"
	"dossier/docs/schemas"
)

// compiled returns every schema, by name. Formats are asserted, and what a
// schema refers to must be one of the others.
func compiled(t testing.TB) map[string]*jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, name := range schemas.Names() {
		if err := c.AddResource(schemas.Prefix+name, value(t, schemas.Text(name))); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]*jsonschema.Schema{}
	for _, name := range schemas.Names() {
		s, err := c.Compile(schemas.Prefix + name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = s
	}
	return all
}

// value reads JSON for the validator.
func value(t testing.TB, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// golden returns the lines of a golden file of the codec.
func golden(t testing.TB, name string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../adapters/codec/testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

func TestEveryNameHasASchema(t *testing.T) {
	if want := slices.Sorted(slices.Values(codec.Names())); !slices.Equal(schemas.Events(), want) {
		t.Errorf("there are schemas of %v, and events %v", schemas.Events(), want)
	}
	for name, s := range compiled(t) {
		if s.ID == "" || s.Location != schemas.Prefix+name+"#" || s.Title == "" || s.Description == "" || len(s.Examples) == 0 {
			t.Errorf("%s: location %s, title %q, %d examples", name, s.Location, s.Title, len(s.Examples))
		}
		for field, p := range s.Properties {
			if p.Description == "" {
				t.Errorf("%s: the field %s is not described", name, field)
			}
		}
	}
}

func TestGoldenEventsAreAsTheirSchemasSay(t *testing.T) {
	for name, s := range compiled(t) {
		for _, example := range s.Examples {
			if err := s.Validate(example); err != nil {
				t.Errorf("the example of %s: %v", name, err)
			}
		}
	}
	for _, name := range append(codec.Names(), "metadata") {
		for _, line := range golden(t, name) {
			if err := compiled(t)[name].Validate(value(t, []byte(line))); err != nil {
				t.Errorf("%s: %s: %v", name, line, err)
			}
		}
	}
}

func TestWhateverIsEncodedIsAsItsSchemaSays(t *testing.T) {
	all, makers := compiled(t), makers()
	for _, name := range codec.Names() {
		draw, ok := makers[name]
		if !ok {
			t.Errorf("%s is not tried here", name)
			continue
		}
		rapid.Check(t, func(r *rapid.T) {
			stored, data, err := codec.Encode(draw(r))
			if err != nil || stored != name {
				r.Fatalf("stored as %q, %v", stored, err)
			}
			if err := all[name].Validate(value(t, data)); err != nil {
				r.Errorf("%s: %s: %v", name, data, err)
			}
		})
	}
}

// broken returns ways to break an object: each member that must be there left
// out, and each member with a value that is nothing which it may hold.
func broken(t *testing.T, s *jsonschema.Schema, whole string) (all []map[string]any) {
	t.Helper()
	without := func(change func(map[string]any)) {
		o := value(t, []byte(whole)).(map[string]any)
		change(o)
		all = append(all, o)
	}
	for _, name := range s.Required {
		without(func(o map[string]any) { delete(o, name) })
	}
	if len(s.AnyOf) > 0 {
		without(func(o map[string]any) {
			for _, choice := range s.AnyOf {
				delete(o, choice.Required[0])
			}
		})
	}
	for name, p := range s.Properties {
		without(func(o map[string]any) { o[name] = []any{true} })
		without(func(o map[string]any) { o[name] = []any{map[string]any{}} })
		without(func(o map[string]any) { o[name] = nil })
		if p.Enum != nil || p.Const != nil || p.Pattern != nil || p.Format != nil {
			without(func(o map[string]any) { o[name] = "no such word" })
		}
		if p.Minimum != nil {
			without(func(o map[string]any) { o[name] = json.Number("0") })
			without(func(o map[string]any) { o[name] = json.Number("1.5") })
		}
	}
	return all
}

func TestBrokenOnesAreRefused(t *testing.T) {
	for name, s := range compiled(t) {
		for _, example := range s.Examples {
			whole, err := json.Marshal(example)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range broken(t, s, string(whole)) {
				if s.Validate(o) == nil {
					t.Errorf("%s: %v was accepted", name, o)
				}
			}
		}
		if s.Validate([]any{}) == nil || s.Validate("") == nil {
			t.Errorf("%s accepts what is no object", name)
		}
	}
}

// The data in an envelope is checked by the schema of its type, and left alone
// if the type is not known: a consumer meets those, too.
func TestEnvelopesCheckTheirData(t *testing.T) {
	for _, name := range []string{"event", "cloudevent"} {
		s := compiled(t)[name]
		for _, event := range codec.Names() {
			o := copyOf(t, s.Examples[0])
			lines := golden(t, event)
			o["type"], o["data"] = event, value(t, []byte(lines[0]))
			if err := s.Validate(o); err != nil {
				t.Errorf("%s with %s: %v", name, event, err)
			}
			o["data"] = map[string]any{}
			if s.Validate(o) == nil {
				t.Errorf("%s with an empty %s was accepted", name, event)
			}
		}
		o := copyOf(t, s.Examples[0])
		o["type"], o["data"] = "kyc.status_changed.v999", map[string]any{"later": true}
		if err := s.Validate(o); err != nil {
			t.Errorf("%s with an unknown type: %v", name, err)
		}
	}
}

func copyOf(t *testing.T, object any) map[string]any {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return value(t, text).(map[string]any)
}

// A field may be added where its absence keeps the meaning.
func TestFieldsMayBeAdded(t *testing.T) {
	for name, s := range compiled(t) {
		o := copyOf(t, s.Examples[0])
		o["later"] = map[string]any{"any": "thing"}
		if err := s.Validate(o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
