package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	// ErrTruncated: the text ends before it is complete.
	ErrTruncated = errors.New("it is cut off")
	// ErrMalformed: the text is not what its format demands, to the letter.
	ErrMalformed = errors.New("it is malformed")
	// ErrFormat: the text is of no format that this program knows.
	ErrFormat = errors.New("it has another format")
)

const (
	// maxDepth is far above that of any format here.
	maxDepth = 8
	// maxNumber is the largest that JSON readers agree on.
	maxNumber = 1<<53 - 1
)

// decode reads a JSON object into a struct, far more strictly than
// encoding/json: every field must be there once, in its own spelling, no other
// may be, and text must be valid. Two readers can't see different things in it.
// The errors are those of this package.
func decode(text []byte, format string, into any) error {
	tree, err := parse(text)
	if err != nil {
		return err
	}
	if format != "" {
		if err := hasFormat(tree, format); err != nil {
			return err
		}
	}
	return assign(tree, reflect.ValueOf(into).Elem(), "the file")
}

// parse reads JSON into maps, slices, strings and numbers.
func parse(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: it holds invalid UTF-8", ErrMalformed)
	}
	if halfPair(text) {
		return nil, fmt.Errorf("%w: it holds half a surrogate pair", ErrMalformed)
	}
	// The whole of it first: tokens alone would not show where it ends too soon.
	whole := json.NewDecoder(bytes.NewReader(text))
	var raw json.RawMessage
	switch err := whole.Decode(&raw); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrTruncated
	case err != nil:
		return nil, fmt.Errorf("%w: it is no JSON", ErrMalformed)
	}
	if len(bytes.TrimSpace(text[whole.InputOffset():])) > 0 {
		return nil, fmt.Errorf("%w: something follows its end", ErrMalformed)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	return next(decoder, 0)
}

// halfPair finds an escape such as \ud800 without its other half, which readers
// take for different characters.
func halfPair(text []byte) bool {
	var high bool // the last escape was the first half of a pair
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) || text[i+1] != 'u' {
			if high {
				return true
			}
			if text[i] == '\\' {
				i++ // whatever it escapes
			}
			continue
		}
		if i+6 > len(text) {
			return high
		}
		code, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16)
		low := err == nil && code >= 0xdc00 && code < 0xe000
		if low != high {
			return true
		}
		high = err == nil && code >= 0xd800 && code < 0xdc00
		i += 5
	}
	return high
}

// next reads one value.
func next(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil || depth > maxDepth {
		return nil, fmt.Errorf("%w: it is no JSON, or nested too deeply", ErrMalformed)
	}
	switch token {
	case json.Delim('{'):
		return object(d, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			item, err := next(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err := d.Token()
		return list, err
	default:
		return token, nil
	}
}

func object(d *json.Decoder, depth int) (any, error) {
	members := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: it is no JSON", ErrMalformed)
		}
		name := token.(string)
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("%w: %s is there twice", ErrMalformed, shown(name))
		}
		if members[name], err = next(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return members, err
}

// hasFormat tells a file of another kind, or of another version, from a broken
// one.
func hasFormat(tree any, format string) error {
	members, _ := tree.(map[string]any)
	switch stated, ok := members["format"].(string); {
	case !ok:
		return fmt.Errorf("%w: it names none, %s is expected", ErrFormat, format)
	case stated != format:
		return fmt.Errorf("%w: %s, %s is expected", ErrFormat, shown(stated), format)
	}
	return nil
}

// assign copies a tree into a value of one of the formats.
func assign(tree any, v reflect.Value, place string) error {
	ok := false
	switch v.Kind() {
	case reflect.Struct:
		return assignStruct(tree, v, place)
	case reflect.Slice:
		return assignSlice(tree, v, place)
	case reflect.String:
		var text string
		if text, ok = tree.(string); ok {
			v.SetString(text)
		}
	case reflect.Int, reflect.Int64:
		var n int64
		if n, ok = whole(tree); ok {
			v.SetInt(n)
		}
	}
	if !ok {
		return fmt.Errorf("%w: %s is not a %s", ErrMalformed, place, v.Kind())
	}
	return nil
}

// whole reads a whole number in its one spelling.
func whole(tree any) (int64, bool) {
	number, ok := tree.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == string(number) && n <= maxNumber && n >= -maxNumber
}

func assignSlice(tree any, v reflect.Value, place string) error {
	list, ok := tree.([]any)
	if !ok {
		return fmt.Errorf("%w: %s is not a list", ErrMalformed, place)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, item := range list {
		if err := assign(item, v.Index(i), fmt.Sprintf("%s[%d]", place, i)); err != nil {
			return err
		}
	}
	return nil
}

func assignStruct(tree any, v reflect.Value, place string) error {
	members, ok := tree.(map[string]any)
	if !ok {
		return fmt.Errorf("%w: %s is not an object", ErrMalformed, place)
	}
	fields := reflect.VisibleFields(v.Type())
	known := 0
	for _, f := range fields {
		if f.Anonymous {
			continue
		}
		known++
		name := f.Tag.Get("json")
		member, ok := members[name]
		if !ok {
			return fmt.Errorf("%w: %s lacks %s", ErrMalformed, place, name)
		}
		if err := assign(member, v.FieldByIndex(f.Index), strings.TrimPrefix(place+"."+name, "the file.")); err != nil {
			return err
		}
	}
	if len(members) > known {
		return fmt.Errorf("%w: %s has %s, which the format does not know", ErrMalformed, place, unknown(members, fields))
	}
	return nil
}

// unknown names a member that has no field.
func unknown(members map[string]any, fields []reflect.StructField) string {
	names := map[string]bool{}
	for _, f := range fields {
		names[f.Tag.Get("json")] = true
	}
	for name := range members {
		if !names[name] {
			return shown(name)
		}
	}
	return ""
}

var plain = regexp.MustCompile(`^[a-z0-9_/-]{1,30}$`)

// shown repeats a word of a foreign text if it looks like a name of ours: it
// may be anything else, a session id too.
func shown(word string) string {
	if plain.MatchString(word) {
		return strconv.Quote(word)
	}
	return "a name"
}
