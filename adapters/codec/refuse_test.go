package codec_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// Each text of each event is set to one that can't be stored, by reflection: a
// text that is added to an event must not be forgotten.
func TestUnstorableTextsAreRefused(t *testing.T) {
	for _, events := range stored() {
		event := reflect.New(reflect.TypeOf(events[0])).Elem()
		event.Set(reflect.ValueOf(events[0]))
		for field, text := range textsOf(event) {
			good := text.String()
			for _, bad := range []string{"\x00", "secret\x00", "secret\xff", "\xed\xa0\x80"} {
				text.SetString(bad)
				_, data, err := codec.Encode(event.Interface().(kyc.Event))
				if !errors.Is(err, eventlog.ErrUnstorable) || data != nil {
					t.Errorf("%s with %q: %s, %v", field, bad, data, err)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("%s: the error has the text: %v", field, err)
				}
			}
			text.SetString(good)
		}
	}
}

// textsOf returns the texts of a struct, and those of the structs in its lists.
func textsOf(v reflect.Value) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name
		switch field.Kind() {
		case reflect.String:
			all[name] = field
		case reflect.Slice:
			for j := range field.Len() {
				for inner, text := range textsOf(field.Index(j)) {
					all[fmt.Sprintf("%s[%d]: %s", name, j, inner)] = text
				}
			}
		}
	}
	return all
}

type unknown struct{ kyc.Event }

func TestEventsWithoutAStoredFormAreRefused(t *testing.T) {
	for _, event := range []kyc.Event{unknown{}, nil, &kyc.StatusChanged{}} {
		if name, data, err := codec.Encode(event); err == nil || errors.Is(err, eventlog.ErrUnstorable) {
			t.Errorf("%T was stored as %s %s, %v", event, name, data, err)
		}
	}
}

func TestUnknownNamesAreToldFromCorruptEvents(t *testing.T) {
	for name, c := range map[string]struct {
		name, data string
		want       error
	}{
		"a later version":           {"kyc.status_changed.v2", `{}`, codec.ErrUnknownName},
		"no name":                   {"", `{}`, codec.ErrUnknownName},
		"another case":              {"KYC.STATUS_CHANGED.V1", `{}`, codec.ErrUnknownName},
		"no data":                   {codec.SessionResetV1, ``, codec.ErrCorrupt},
		"no JSON":                   {codec.SessionResetV1, `{`, codec.ErrCorrupt},
		"more than one value":       {codec.SessionResetV1, `{"cause":"reported"} {}`, codec.ErrCorrupt},
		"an array":                  {codec.SessionResetV1, `[]`, codec.ErrCorrupt},
		"a text for a number":       {codec.SessionResetV1, `{"cycle":"2","cause":"reported"}`, codec.ErrCorrupt},
		"a number that is too long": {codec.FlagResolvedV1, `{"flag":99999999999999999999,"decision":"accept"}`, codec.ErrCorrupt},
		"an unknown cause":          {codec.SessionResetV1, `{"cycle":2,"cause":"secret"}`, codec.ErrCorrupt},
		"no cause":                  {codec.SessionResetV1, `{"cycle":2}`, codec.ErrCorrupt},
		"an unknown status":         {codec.StatusRepeatedV1, `{"trigger":"APPROVED","status":"secret"}`, codec.ErrCorrupt},
		"an unknown trigger":        {codec.StatusRepeatedV1, `{"trigger":"secret","status":"APPROVED"}`, codec.ErrCorrupt},
		"an unknown attempt": {codec.TransitionFlaggedV1,
			`{"violation":"premature","severity":"low","from":"APPROVED","attempted":"secret"}`, codec.ErrCorrupt},
		"an unknown violation": {codec.ContractViolatedV1, `{"violation":"secret","severity":"low"}`, codec.ErrCorrupt},
		"an unknown severity":  {codec.ContractViolatedV1, `{"violation":"premature","severity":"secret"}`, codec.ErrCorrupt},
		"an unknown decision":  {codec.FlagResolvedV1, `{"flag":1,"decision":"secret"}`, codec.ErrCorrupt},
	} {
		event, err := codec.Decode(c.name, c.data)
		if !errors.Is(err, c.want) || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, %v, want %v", name, event, err, c.want)
		}
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	got, err := codec.Decode(codec.SessionResetV1, `{"cycle":2,"cause":"reported","later":[1,{"a":null}]}`)
	if want := (kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// told is all that an error may say of an event.
var told = regexp.MustCompile(`^decode [a-z0-9_. ]+: corrupt event: (the JSON does not fit|field [a-z]+ has an unknown value)$`)

func FuzzDecode(f *testing.F) {
	for i, name := range codec.Names() {
		for _, event := range stored()[name] {
			_, data, err := codec.Encode(event)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, string(data))
		}
		f.Add(i, `{"trigger":"secret","from":null,"flag":1e9}`)
	}
	f.Fuzz(func(t *testing.T, i int, data string) {
		name := codec.Names()[uint(i)%uint(len(codec.Names()))]
		event, err := codec.Decode(name, data)
		if err != nil {
			if !errors.Is(err, codec.ErrCorrupt) || !told.MatchString(err.Error()) {
				t.Errorf("the error says %q", err)
			}
			return
		}
		again(t, name, event)
	})
}

// again checks that what was read can be stored and read once more.
func again(t *testing.T, name string, event kyc.Event) {
	t.Helper()
	same, data, err := codec.Encode(event)
	if errors.Is(err, eventlog.ErrUnstorable) {
		return // the foreign bytes had NUL in them
	}
	if err != nil || same != name {
		t.Fatalf("%+v is stored as %s, %v", event, same, err)
	}
	if twice, err := codec.Decode(name, string(data)); err != nil || !reflect.DeepEqual(twice, event) {
		t.Errorf("%+v was read as %+v, %v", event, twice, err)
	}
}

func FuzzDecodeState(f *testing.F) {
	f.Add(string(codec.EncodeState(kyc.NewSession().State())))
	f.Add(`{"v":1,"t":{"s":"APPROVED"},"st":[{"s":"secret"}],"fl":[{"vi":"premature","a":"x"}]}`)
	f.Fuzz(func(t *testing.T, data string) {
		_, err := codec.DecodeState(data)
		if err != nil && (!errors.Is(err, codec.ErrCorrupt) || !told.MatchString(err.Error())) {
			t.Errorf("the error says %q", err)
		}
		_, err = codec.DecodeMetadata(data)
		if err != nil && (!errors.Is(err, codec.ErrCorrupt) || !told.MatchString(err.Error())) {
			t.Errorf("the error says %q", err)
		}
	})
}
