package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// tree is a JSON object.
type tree = map[string]any

// description is the served OpenAPI document. Every answer of the tests is
// checked against it, so that neither can change alone.
type description struct{ tree }

// served is read once: every service of the tests serves the same.
var served = sync.OnceValues(func() (d description, err error) {
	return d, json.Unmarshal(descriptionText(), &d.tree)
})

func descriptionText() []byte {
	w := httptest.NewRecorder()
	quick().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	return w.Body.Bytes()
}

func describe(t testing.TB) description {
	t.Helper()
	d, err := served()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at walks down objects; nil if there is nothing.
func at(t tree, path ...string) tree {
	for _, name := range path {
		t, _ = t[name].(tree)
	}
	return t
}

// operation finds the operation of a request; nil for what is not described.
func (d description) operation(r *http.Request) tree {
	parts := strings.Split(r.URL.EscapedPath(), "/")
	for template, item := range at(d.tree, "paths") {
		named := strings.Split(template, "/")
		same := len(named) == len(parts)
		for i := 0; same && i < len(named); i++ {
			same = named[i] == parts[i] || strings.HasPrefix(named[i], "{") && parts[i] != ""
		}
		if same {
			return at(item.(tree), strings.ToLower(r.Method))
		}
	}
	return nil
}

// check says where an answer is not as described.
func (d description) check(t testing.TB, r *http.Request, a answer) {
	t.Helper()
	operation := d.operation(r)
	if operation == nil {
		return
	}
	response := at(operation, "responses", strconv.Itoa(a.Code))
	if response == nil {
		t.Errorf("%s: status %d is not described", operation["operationId"], a.Code)
		return
	}
	mediaType, _, _ := strings.Cut(a.Header().Get("Content-Type"), ";")
	media := at(response, "content", mediaType)
	if a.Code == http.StatusNotModified {
		return
	}
	if media == nil {
		t.Errorf("%s: %d of type %q is not described", operation["operationId"], a.Code, a.Header().Get("Content-Type"))
		return
	}
	var body any
	if err := json.Unmarshal(a.Body.Bytes(), &body); err != nil {
		t.Errorf("%s: %v", operation["operationId"], err)
	}
	for _, fault := range d.faults(at(media, "schema"), body, "body") {
		t.Errorf("%s: %s", operation["operationId"], fault)
	}
}

// faults compares a value with a schema, as far as this API uses schemas. An
// object may not have members that are not described.
func (d description) faults(schema tree, v any, place string) (all []string) {
	if ref, ok := schema["$ref"].(string); ok {
		return d.faults(at(d.tree, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...), v, place)
	}
	fault := func(format string, args ...any) { all = append(all, place+": "+fmt.Sprintf(format, args...)) }
	if !hasType(schema["type"], v) {
		fault("is %T, not %v", v, schema["type"])
		return all
	}
	switch v := v.(type) {
	case tree:
		properties := at(schema, "properties")
		for name, value := range v {
			if property := at(properties, name); property != nil {
				all = append(all, d.faults(property, value, place+"."+name)...)
			} else if schema["additionalProperties"] != true {
				fault("has the member %s", name)
			}
		}
		for _, name := range required(schema) {
			if _, ok := v[name]; !ok {
				fault("lacks %s", name)
			}
		}
	case []any:
		for i, value := range v {
			all = append(all, d.faults(at(schema, "items"), value, fmt.Sprintf("%s[%d]", place, i))...)
		}
	case string:
		if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, any(v)) {
			fault("%q is none of %v", v, words)
		}
		if p, ok := schema["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			fault("%q does not match %s", v, p)
		}
		if schema["format"] == "date-time" && !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`).MatchString(v) {
			fault("%q is no time of ours", v)
		}
	case float64:
		if least, ok := schema["minimum"].(float64); ok && v < least {
			fault("%v is below %v", v, least)
		}
	}
	return all
}

func required(schema tree) (names []string) {
	all, _ := schema["required"].([]any)
	for _, name := range all {
		names = append(names, name.(string))
	}
	return names
}

// hasType says that a value has a type, or one of several.
func hasType(types, v any) bool {
	if several, ok := types.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return hasType(one, v) })
	}
	switch types {
	case "object":
		_, ok := v.(tree)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "string":
		_, ok := v.(string)
		return ok
	case "integer":
		n, ok := v.(float64)
		return ok && n == float64(int64(n))
	case "number":
		_, ok := v.(float64)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "null":
		return v == nil
	default:
		return types == nil
	}
}
