package codec

import (
	"strconv"
	"time"
)

// object writes a JSON object by hand: every append writes three, and a field
// that holds nothing is left out.
type object struct{ b []byte }

// newObject starts an object. The capacity is a guess of its length in bytes.
func newObject(capacity int) object {
	return object{append(make([]byte, 0, capacity), '{')}
}

// end returns the object's JSON. Nothing may be added after it.
func (o *object) end() []byte { return append(o.b, '}') }

// nested writes an object within this one.
func (o *object) nested(write func(*object)) {
	o.b = append(o.b, '{')
	write(o)
	o.b = append(o.b, '}')
}

func (o *object) key(name string) {
	if len(o.b) > 0 && o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

// always writes a text, empty or not.
func (o *object) always(name, value string) {
	o.key(name)
	o.b = AppendString(o.b, value)
}

// text writes a text unless it is empty.
func (o *object) text(name, value string) {
	if value != "" {
		o.always(name, value)
	}
}

// number writes a number unless it is zero.
func (o *object) number(name string, value int64) {
	if value != 0 {
		o.count(name, value)
	}
}

// count writes a number, zero or not.
func (o *object) count(name string, value int64) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, value, 10)
}

// flag writes true, or nothing.
func (o *object) flag(name string, value bool) {
	if value {
		o.key(name)
		o.b = append(o.b, "true"...)
	}
}

// timeForm is how a stored form writes a time: RFC 3339 in UTC, to the microsecond.
const timeForm = "2006-01-02T15:04:05.000000Z"

// time writes a time unless it is zero.
func (o *object) time(name string, at time.Time) {
	if !at.IsZero() {
		o.always(name, at.UTC().Format(timeForm))
	}
}

const hexDigits = "0123456789abcdef"

// AppendString appends a JSON string. Of valid UTF-8 it escapes only what JSON
// demands; anything else would not be read back as it was.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		if c < ' ' {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		} else {
			b = append(b, '\\', c)
		}
		start = i + 1
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
