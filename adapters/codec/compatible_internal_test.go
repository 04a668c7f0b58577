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
}

func promiseOf(t *testing.T, schema []byte) (p promise) {
	t.Helper()
	if err := json.Unmarshal(schema, &p); err != nil {
		t.Fatal(err)
	}
	for _, property := range p.Properties {
		delete(property, "description")
	}
	slices.Sort(p.Required)
	return p
}

// breaks says how a schema breaks what an earlier one of its name promised. Only
// fields that may be absent can be added.
func (p promise) breaks(earlier promise) (faults []string) {
	if !slices.Equal(p.Required, earlier.Required) {
		faults = append(faults, "what is required changed")
	}
	for _, name := range slices.Sorted(maps.Keys(earlier.Properties)) {
		if !reflect.DeepEqual(p.Properties[name], earlier.Properties[name]) {
			faults = append(faults, "the field "+name+" changed")
		}
	}
	return faults
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
	} {
		faults := promiseOf(t, []byte(c.schema)).breaks(promiseOf(t, []byte(earlier)))
		if (len(faults) > 0) != c.breaks {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
