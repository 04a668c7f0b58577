package codec

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
)

// promise is what a schema promises, without its prose.
type promise struct {
	Properties map[string]map[string]any
	Required   []string
	AnyOf      []any
}

func promiseOf(t *testing.T, schema []byte) (p promise) {
	t.Helper()
	if err := json.Unmarshal(schema, &p); err != nil {
		t.Fatal(err)
	}
	withoutProse(p.Properties)
	slices.Sort(p.Required)
	return p
}

func withoutProse(properties map[string]map[string]any) {
	for _, property := range properties {
		delete(property, "description")
		if items, ok := property["items"].(map[string]any); ok {
			for _, inner := range items["properties"].(map[string]any) {
				delete(inner.(map[string]any), "description")
			}
		}
	}
}

// breaks says how a schema breaks what an earlier one of its name promised. Only
// fields that may be absent can be added.
func (p promise) breaks(earlier promise) (faults []string) {
	if !slices.Equal(p.Required, earlier.Required) || !reflect.DeepEqual(p.AnyOf, earlier.AnyOf) {
		faults = append(faults, "what is required changed")
	}
	for _, name := range slices.Sorted(maps.Keys(earlier.Properties)) {
		if !reflect.DeepEqual(p.Properties[name], earlier.Properties[name]) {
			faults = append(faults, "the field "+name+" changed")
		}
	}
	return faults
}

func TestPromisesOfListsThatAreBrokenAreSeen(t *testing.T) {
	const earlier = `{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"string","description":"x"}}}}}}`
	for schema, breaks := range map[string]bool{
		earlier: false,
		`{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"string","description":"y"}}}}}}`: false,
		`{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"integer"}}}}}}`:                  true,
		`{"properties":{"a":{"type":"array","items":{"properties":{"b":{"type":"string"}},"required":["b"]}}}}`:  true,
	} {
		if faults := promiseOf(t, []byte(schema)).breaks(promiseOf(t, []byte(earlier))); (len(faults) > 0) != breaks {
			t.Errorf("%s: %v", schema, faults)
		}
	}
}

func TestPromisesThatAreBrokenAreSeen(t *testing.T) {
	const earlier = `{"properties":{"a":{"type":"string","description":"x"},"b":{"type":"string","enum":["one","two"]}},"required":["b"]}`
	for name, c := range map[string]struct {
		schema string
		breaks bool
	}{
		"the same":     {earlier, false},
		"other prose":  {`{"properties":{"a":{"type":"string","description":"y"},"b":{"type":"string","enum":["one","two"]}},"required":["b"]}`, false},
		"a new field":  {`{"properties":{"a":{"type":"string"},"b":{"type":"string","enum":["one","two"]},"c":{"type":"string"}},"required":["b"]}`, false},
		"a new duty":   {`{"properties":{"a":{"type":"string"},"b":{"type":"string","enum":["one","two"]},"c":{"type":"string"}},"required":["b","c"]}`, true},
		"a lost duty":  {`{"properties":{"a":{"type":"string"},"b":{"type":"string","enum":["one","two"]}}}`, true},
		"a lost field": {`{"properties":{"b":{"type":"string","enum":["one","two"]}},"required":["b"]}`, true},
		"another type": {`{"properties":{"a":{"type":"integer"},"b":{"type":"string","enum":["one","two"]}},"required":["b"]}`, true},
		"a new word":   {`{"properties":{"a":{"type":"string"},"b":{"type":"string","enum":["one","two","three"]}},"required":["b"]}`, true},
		"a lost word":  {`{"properties":{"a":{"type":"string"},"b":{"type":"string","enum":["one"]}},"required":["b"]}`, true},
		"a new choice": {`{"properties":{"a":{"type":"string"},"b":{"type":"string","enum":["one","two"]}},"required":["b"],"anyOf":[{"required":["a"]}]}`, true},
	} {
		faults := promiseOf(t, []byte(c.schema)).breaks(promiseOf(t, []byte(earlier)))
		if (len(faults) > 0) != c.breaks {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
