package webhook

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// object reads the members of a JSON object in the order in which they stand.
//
// encoding/json decides what JSON is; only the splitting of what it found valid
// is done here. Decoding into a struct would take "Status" for "status", and
// decoding into a map makes four times the allocations of this whole parse.
type object struct {
	text []byte
	at   int
}

// openObject returns the members of a body, which must be exactly one JSON
// object in valid UTF-8; encoding/json alone would replace what is not. The
// error is malformedJSON.
func openObject(body []byte) (object, error) {
	if !utf8.Valid(body) {
		return object{}, malformedJSON.With("the body is not valid UTF-8")
	}
	if !json.Valid(body) {
		return object{}, malformedJSON.With("the body is not valid JSON")
	}
	o := object{text: body}
	o.skip()
	if o.text[o.at] != '{' {
		return object{}, malformedJSON.With("the body is not an object")
	}
	o.at++
	return o, nil
}

// next returns the next member: its key decoded, its value as it stands.
func (o *object) next() (key, value []byte, ok bool) {
	o.skip()
	if o.text[o.at] == '}' {
		return nil, nil, false
	}
	key = o.literal()
	o.skip()
	return decoded(key), o.value(), true
}

// skip passes over what stands between keys and values.
func (o *object) skip() {
	for o.at < len(o.text) {
		switch o.text[o.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			o.at++
		default:
			return
		}
	}
}

// value passes over a value of any kind and returns it.
func (o *object) value() []byte {
	start := o.at
	switch o.text[o.at] {
	case '"':
		return o.literal()
	case '{', '[':
		o.nested()
	default:
		o.at += bytes.IndexAny(o.text[o.at:], " \t\r\n,}")
	}
	return o.text[start:o.at]
}

// literal passes over a string and returns it with its quotes.
func (o *object) literal() []byte {
	start := o.at
	for o.at++; o.text[o.at] != '"'; o.at++ {
		if o.text[o.at] == '\\' {
			o.at++
		}
	}
	o.at++
	return o.text[start:o.at]
}

// nested passes over an object or an array, however deep.
func (o *object) nested() {
	for depth := 0; ; {
		switch o.text[o.at] {
		case '"':
			o.literal()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		o.at++
		if depth == 0 {
			return
		}
	}
}

// decoded returns the text of a string literal.
func decoded(literal []byte) []byte {
	if bytes.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1]
	}
	var text string
	// The literal is valid, so that there is no error.
	_ = json.Unmarshal(literal, &text)
	return []byte(text)
}
