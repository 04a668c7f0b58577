package pgproxy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// message is one message of PostgreSQL's protocol, version 3, as it was read.
type message struct {
	kind byte // 0: the first of a connection, which has none
	text []byte
}

// longest is more than any message of a test has.
const longest = 64 << 20

var errTooLong = errors.New("a message is too long")

// readStart reads the first message of a connection.
func readStart(r io.Reader) (message, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return message{}, err
	}
	return readRest(r, 0, head[:])
}

// readMessage reads any later one.
func readMessage(r io.Reader) (message, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return message{}, err
	}
	return readRest(r, head[0], head[1:])
}

func readRest(r io.Reader, kind byte, length []byte) (message, error) {
	size := int(binary.BigEndian.Uint32(length)) - len(length)
	if size < 0 || size > longest {
		return message{}, fmt.Errorf("%w: %d bytes", errTooLong, size)
	}
	m := message{kind: kind, text: make([]byte, size)}
	_, err := io.ReadFull(r, m.text)
	return m, err
}

// bytes is the message as it goes over the wire.
func (m message) bytes() []byte {
	var out []byte
	if m.kind != 0 {
		out = append(out, m.kind)
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(m.text)+4))
	return append(out, m.text...)
}

// Kinds of messages that the proxy looks at.
const (
	fromClientParse = 'P'
	fromClientBind  = 'B'
	fromClientQuery = 'Q'
	fromServerReady = 'Z'
)

// writes follows a client's statements: which of them append to the log.
type writes struct {
	prepared map[string]bool // by name
}

// see returns whether a client's message begins a write of events, or commits a
// transaction.
func (w *writes) see(m message) bool {
	switch m.kind {
	case fromClientParse:
		name, rest := cutText(m.text)
		statement, _ := cutText(rest)
		w.prepared[name] = appends(statement)
	case fromClientBind:
		_, rest := cutText(m.text) // the portal's name
		name, _ := cutText(rest)
		return w.prepared[name]
	case fromClientQuery:
		statement, _ := cutText(m.text)
		return appends(statement)
	}
	return false
}

// appends says whether a statement makes events durable.
func appends(statement string) bool {
	s := strings.ToUpper(strings.TrimSpace(statement))
	return strings.Contains(s, "INSERT INTO EVENTS") || strings.HasPrefix(s, "COMMIT")
}

func cutText(b []byte) (text string, rest []byte) {
	before, after, _ := bytes.Cut(b, []byte{0})
	return string(before), after
}
