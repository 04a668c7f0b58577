package codec

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// forms returns an empty one of every stored form, by name.
func forms() map[string]func() form {
	return map[string]func() form{
		StatusChangedV1:     func() form { return &statusChangedV1{} },
		SessionResetV1:      func() form { return &sessionResetV1{} },
		StatusRepeatedV1:    func() form { return &statusRepeatedV1{} },
		TransitionFlaggedV1: func() form { return &transitionFlaggedV1{} },
		WebhookDiscardedV1:  func() form { return &webhookDiscardedV1{} },
		ContractViolatedV1:  func() form { return &contractViolatedV1{} },
		FlagResolvedV1:      func() form { return &flagResolvedV1{} },
		SnapshotObservedV1:  func() form { return &snapshotObservedV1{} },
		DetailsAccessedV1:   func() form { return &detailsAccessedV1{} },
	}
}

// checkPlain says that what is read the short way is what encoding/json reads.
func checkPlain(t *testing.T, name, data string) (read bool) {
	t.Helper()
	quick, slow := forms()[name](), forms()[name]()
	if !readPlain(data, quick) {
		return false
	}
	if err := unmarshal([]byte(data), slow); err != nil {
		t.Errorf("%s: %q was read as %+v, and is no such JSON", name, data, quick)
	} else if !reflect.DeepEqual(quick, slow) {
		t.Errorf("%s: %q was read as %+v, encoding/json reads %+v", name, data, quick, slow)
	}
	return true
}

// goldenLines returns the stored events of the golden files.
func goldenLines(tb testing.TB, name string) []string {
	tb.Helper()
	content, err := os.ReadFile("testdata/" + name + ".jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

func TestTheShortWayReadsWhatEncodingJSONReads(t *testing.T) {
	for _, name := range Names() {
		for _, line := range goldenLines(t, name) {
			read := checkPlain(t, name, line)
			if beyond := strings.ContainsAny(line, `\[`); read == beyond {
				t.Errorf("%s: %s was read the short way: %t", name, line, read)
			}
			// The same event with texts that need no escapes.
			if strings.Contains(line, "[") {
				continue // a list is beyond it all the same
			}
			if plain := strings.NewReplacer(`\"`, `'`, `\\`, `/`, `\u00`, `é`).Replace(line); !checkPlain(t, name, plain) {
				t.Errorf("%s: %s was not read the short way", name, plain)
			}
		}
	}
}

// A field that only encoding/json knows would make every event that has it slow.
func TestTheShortWayKnowsEveryField(t *testing.T) {
	for name, empty := range forms() {
		typ := reflect.TypeOf(empty()).Elem()
		for i := range typ.NumField() {
			field, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if field == "" || typ.Field(i).Type.Kind() == reflect.Slice {
				continue // it describes the form, or is a list
			}
			value := map[reflect.Kind]string{reflect.String: `"x"`, reflect.Bool: "true", reflect.Int: "7", reflect.Int64: "7"}[typ.Field(i).Type.Kind()]
			if !checkPlain(t, name, `{"`+field+`":`+value+`}`) {
				t.Errorf("%s: the field %s is not read the short way", name, field)
			}
		}
	}
}

func TestTheShortWayLeavesTheRestToEncodingJSON(t *testing.T) {
	for _, data := range []string{
		``, `{`, `}`, `{}x`, ` {}`, `{} `, `{,}`, `{"flag":1,}`, `{"flag" :1}`, `{"Flag":1}`, `{"later":1}`, `{"flag":01}`, `{"flag":-1}`,
		`{"flag":1e2}`, `{"flag":1234567890123456789}`, `{"flag":}`, `{"flag":"1"}`, `{"note":null}`, `{"note":"\u0041"}`, "{\"note\":\"a\tb\"}",
		"{\"note\":\"\xff\"}", `{"note":"a}`, `{"note":"a"`, `{"note":"a""flag":1}`, `{"note"}`, `{"note":`, `[]`, `null`,
	} {
		if checkPlain(t, FlagResolvedV1, data) {
			t.Errorf("%q was read", data)
		}
	}
	if checkPlain(t, StatusChangedV1, `{"company_form":fals`) || checkPlain(t, StatusChangedV1, `{"company_form":t`) {
		t.Error("a broken true was read")
	}
}

// A session that keeps a reason must not keep the event it came with.
func TestTextsThatAreKeptAreCopies(t *testing.T) {
	data := `{"service":"LIVENESS","status":"ON_HOLD","reason":"because"}`
	var s webhookDiscardedV1
	if !readPlain(data, &s) {
		t.Fatal("not read the short way")
	}
	from := uintptr(unsafe.Pointer(unsafe.StringData(data)))
	for _, text := range []string{string(s.Service), s.Status, s.Reason} {
		if at := uintptr(unsafe.Pointer(unsafe.StringData(text))); at >= from && at < from+uintptr(len(data)) {
			t.Errorf("%q is a part of the event's text", text)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for i, name := range Names() {
		for _, line := range goldenLines(f, name) {
			f.Add(i, line)
		}
	}
	f.Add(0, `{"step_id":"1","step_id":"é","trigger":"APPROVED","flag":0,"company_form":true}`)
	f.Add(1, `{"cycle":9223372036854775807,"cause":""}`)
	f.Fuzz(func(t *testing.T, i int, data string) {
		checkPlain(t, Names()[uint(i)%uint(len(Names()))], data)
	})
}
