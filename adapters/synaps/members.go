package synaps

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// members returns the values of a JSON object, by their exact names: decoding
// into a struct would take "Status" for "status". A name that stands twice is an
// error, for readers differ in which counts. The error is ErrAnswer.
func members(text []byte) (map[string]json.RawMessage, error) {
	// The decoder alone would replace what is not UTF-8, and leave what follows.
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, unreadable("it is not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if open, _ := d.Token(); open != json.Delim('{') {
		return nil, unreadable("an object is expected")
	}
	all := map[string]json.RawMessage{}
	for d.More() {
		var value json.RawMessage
		name, _ := d.Token() // the text is valid, so that there are no errors
		key, _ := name.(string)
		_ = d.Decode(&value)
		if _, twice := all[key]; twice {
			return nil, unreadable("a name stands twice in an object")
		}
		all[key] = value
	}
	return all, nil
}

func absent(value json.RawMessage) bool { return value == nil || string(value) == "null" }

// textOf returns a string of at most so many bytes, empty if it is missing or
// null. The error is ErrAnswer.
func textOf(value json.RawMessage, longest int) (string, error) {
	if absent(value) {
		return "", nil
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return "", unreadable("a string is expected")
	}
	return checked(text, longest)
}

// idOf is textOf, and takes the digits of a number as they stand: as a number, a
// long one would be rounded.
func idOf(value json.RawMessage, longest int) (string, error) {
	if !absent(value) && (value[0] == '-' || '0' <= value[0] && value[0] <= '9') {
		return checked(string(value), longest)
	}
	return textOf(value, longest)
}

// checked refuses text that no database keeps, or that was damaged on its way,
// such as half of an escaped pair.
func checked(text string, longest int) (string, error) {
	switch {
	case len(text) > longest:
		return "", unreadable("a text is too long")
	case strings.ContainsRune(text, 0), strings.ContainsRune(text, unicode.ReplacementChar):
		return "", unreadable("a text has a character that is not allowed")
	default:
		return text, nil
	}
}
