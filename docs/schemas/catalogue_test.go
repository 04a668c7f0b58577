package schemas_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dossier/adapters/codec"
	"dossier/docs/schemas"
)

var update = flag.Bool("update", false, "write the tables and examples of docs/events.md anew")

const catalogue = "../events.md"

// made finds what is made in the catalogue: what stands between two comments, of
// which the first names a schema.
func made() *regexp.Regexp {
	return regexp.MustCompile(`(?s)<!-- made: ([a-z0-9_.]+) -->\n.*?<!-- end -->`)
}

// fields are the members of an object.
type fields struct {
	Properties json.RawMessage
	Required   []string
}

// described is a schema, as far as the catalogue tells of it.
type described struct {
	fields
	Examples []json.RawMessage
}

// field is a member of an object, as far as the catalogue tells of it.
type field struct {
	Type, Description, Const string
	Ref                      string `json:"$ref"`
	Enum                     []string
	Items                    fields // of a list of objects
}

func (f field) meaning() string {
	switch {
	case f.Const != "":
		return f.Description + " Always `" + f.Const + "`."
	case len(f.Enum) > 0:
		return f.Description + " One of `" + strings.Join(f.Enum, "` `") + "`."
	default:
		return f.Description
	}
}

// section returns the table and the example of a schema.
func section(t *testing.T, name string) string {
	t.Helper()
	var d described
	if err := json.Unmarshal(schemas.Text(name), &d); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| field | type | | meaning |\n|---|---|---|---|\n")
	d.rows(t, &b, "")
	var example bytes.Buffer
	if err := json.Compact(&example, d.Examples[0]); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("<!-- made: %s -->\n%s\n```json\n%s\n```\n<!-- end -->", name, b.String(), example.String())
}

// rows writes a row for each member; those of the objects of a list follow it.
func (all fields) rows(t *testing.T, b *strings.Builder, within string) {
	t.Helper()
	var described map[string]field
	if err := json.Unmarshal(all.Properties, &described); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(t, all.Properties) {
		f, always := described[key], ""
		if slices.Contains(all.Required, key) {
			always = "always"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", within+key, f.Type, always, f.meaning())
		if f.Items.Properties != nil {
			f.Items.rows(t, b, within+key+"[].")
		}
	}
}

// keys returns the names of an object's members, in their order.
func keys(t *testing.T, object json.RawMessage) (names []string) {
	t.Helper()
	in := json.NewDecoder(bytes.NewReader(object))
	if _, err := in.Token(); err != nil {
		t.Fatal(err)
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		if err := in.Decode(new(json.RawMessage)); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func TestTheCatalogueIsMadeFromTheSchemas(t *testing.T) {
	content, err := os.ReadFile(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	want := made().ReplaceAllStringFunc(string(content), func(block string) string {
		name := made().FindStringSubmatch(block)[1]
		order = append(order, name)
		return section(t, name)
	})
	if *update {
		if err := os.WriteFile(catalogue, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(content) {
		t.Errorf("%s is not what the schemas say: write it with -update", catalogue)
	}
	for _, name := range schemas.Names() {
		if !slices.Contains(order, name) {
			t.Errorf("%s does not have %s", catalogue, name)
		}
	}
	events := slices.DeleteFunc(order, func(name string) bool { return !slices.Contains(codec.Names(), name) })
	if !slices.Equal(events, codec.Names()) {
		t.Errorf("the catalogue has the events in the order %v, want %v", events, codec.Names())
	}
}

// What nobody can make from types: when an event happens, and what to do with it.
func TestEveryEventOfTheCatalogueIsExplained(t *testing.T) {
	content, err := os.ReadFile(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range codec.Names() {
		_, rest, found := strings.Cut(string(content), "\n### `"+name+"`\n")
		prose, _, _ := strings.Cut(rest, "<!-- made: "+name+" -->")
		if !found || !strings.Contains(prose, "**When.**") || !strings.Contains(prose, "**What to do.**") || len(prose) > 2500 {
			t.Errorf("%s is not explained", name)
		}
	}
}
