package codec

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"dossier/domain/kyc"
)

// The schemas of docs/schemas, made from the stored forms and their tags.

const schemaDir = "../../docs/schemas"

// schema is one JSON Schema, with its members in the order in which they are
// read best.
type schema struct {
	Schema     string            `json:"$schema"`
	ID         string            `json:"$id"`
	Title      string            `json:"title"`
	Doc        string            `json:"description"`
	Type       string            `json:"type"`
	Properties properties        `json:"properties"`
	Required   []string          `json:"required,omitempty"`
	AnyOf      []any             `json:"anyOf,omitempty"`
	Open       bool              `json:"additionalProperties"`
	AllOf      []any             `json:"allOf,omitempty"`
	Examples   []json.RawMessage `json:"examples"`
}

type properties []property

type property struct {
	name    string
	Type    string   `json:"type"`
	Doc     string   `json:"description"`
	Enum    []string `json:"enum,omitempty"`
	Const   string   `json:"const,omitempty"`
	Format  string   `json:"format,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	Minimum *int     `json:"minimum,omitempty"`
	Items   *items   `json:"items,omitempty"`
}

// items is the schema of the objects of a list.
type items struct {
	Type       string     `json:"type"`
	Properties properties `json:"properties"`
	Required   []string   `json:"required,omitempty"`
	Open       bool       `json:"additionalProperties"`
}

// MarshalJSON keeps the order of the fields.
func (all properties) MarshalJSON() ([]byte, error) {
	o := newObject(0)
	for _, p := range all {
		text, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		o.key(p.name)
		o.b = append(o.b, text...)
	}
	return o.end(), nil
}

// sets are the closed sets of words that the tag set names.
func sets() map[string][]string {
	return map[string][]string{
		"triggers": named(kyc.Triggers()), "statuses": named(kyc.Statuses()), "causes": named(kyc.Causes()),
		"violations": named(kyc.Violations()), "severities": named(kyc.Severities()), "resolutions": named(kyc.Resolutions()),
	}
}

func named[E interface{ String() string }](all []E) (names []string) {
	for _, e := range all {
		names = append(names, e.String())
	}
	return names
}

// schemaOf describes a form. Its name is that of the schema, and of the golden
// file that has its examples.
func schemaOf(t *testing.T, name string, form reflect.Type) schema {
	t.Helper()
	s := schema{Schema: "https://json-schema.org/draft/2020-12/schema", ID: "urn:dossier:schema:" + name, Type: "object", Open: true}
	if about, ok := form.FieldByName("_"); ok {
		s.Title, s.Doc = about.Tag.Get("title"), about.Tag.Get("doc")
		for _, field := range strings.Fields(about.Tag.Get("either")) {
			s.AnyOf = append(s.AnyOf, map[string][]string{"required": {field}})
		}
	}
	s.Properties, s.Required = propertiesOf(t, form)
	if s.Title == "" || s.Doc == "" {
		t.Errorf("%s has no title, or nothing that explains it", form)
	}
	return s
}

func propertiesOf(t *testing.T, form reflect.Type) (all properties, required []string) {
	t.Helper()
	for i := range form.NumField() {
		if form.Field(i).Name == "_" {
			continue
		}
		p, optional := propertyOf(t, form.Field(i))
		all = append(all, p)
		if !optional {
			required = append(required, p.name)
		}
	}
	return all, required
}

func propertyOf(t *testing.T, field reflect.StructField) (p property, optional bool) {
	t.Helper()
	name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	types := map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Map: "object",
		reflect.Slice: "array",
	}
	p = property{
		name: name, Type: types[field.Type.Kind()], Doc: field.Tag.Get("doc"), Enum: sets()[field.Tag.Get("set")],
		Const: field.Tag.Get("const"), Format: field.Tag.Get("format"), Pattern: field.Tag.Get("pattern"),
	}
	if least, ok := field.Tag.Lookup("minimum"); ok {
		n, err := strconv.Atoi(least)
		if err != nil {
			t.Errorf("%s: minimum %q", name, least)
		}
		p.Minimum = &n
	}
	if p.Type == "array" {
		p.Items = &items{Type: "object", Open: true}
		p.Items.Properties, p.Items.Required = propertiesOf(t, field.Type.Elem())
	}
	if set, ok := field.Tag.Lookup("set"); p.Type == "" || p.Doc == "" || ok && len(sets()[set]) == 0 {
		t.Errorf("the field %s of a stored form is not described: %+v", name, p)
	}
	return p, options == "omitempty"
}

// check compares a schema with its file, after writing it if asked to.
func (s schema) check(t *testing.T, name string) {
	t.Helper()
	var want bytes.Buffer
	out := json.NewEncoder(&want)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(schemaDir, name+".json")
	if *Update {
		// One that was never released may be removed, and made anew.
		if earlier, err := os.ReadFile(path); err == nil {
			if faults := promiseOf(t, want.Bytes()).breaks(promiseOf(t, earlier)); len(faults) > 0 {
				t.Fatalf("%s can't change so, it needs a new name: %v", name, faults)
			}
		}
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the Go types say (write it with -update): %v\n%s", path, err, want.String())
	}
}

// example returns the golden event that is shown to readers: the last of its
// file.
func example(t *testing.T, name string) json.RawMessage {
	t.Helper()
	lines := goldenLines(t, name)
	return json.RawMessage(lines[len(lines)-1])
}

func TestSchemasAreMadeFromTheStoredForms(t *testing.T) {
	for _, name := range Names() {
		empty, ok := forms()[name]
		if !ok {
			t.Fatalf("%s has no form here", name)
		}
		s := schemaOf(t, name, reflect.TypeOf(empty()).Elem())
		s.Examples = []json.RawMessage{example(t, name)}
		s.check(t, name)
	}
	s := schemaOf(t, "metadata", reflect.TypeFor[metadataV1]())
	s.Examples = []json.RawMessage{example(t, "metadata")}
	s.check(t, "metadata")
}

// A schema that nothing is written by would promise events that never come.
func TestEverySchemaHasAName(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(schemaDir, "kyc.*.json"))
	if err != nil || len(files) != len(Names()) {
		t.Errorf("%d schemas for %d names, %v", len(files), len(Names()), err)
	}
}
