package pgconn

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// fake speaks as much of PostgreSQL's protocol as the tests need of servers that
// are none, or that are broken.
type fake struct {
	// answer returns the messages for a statement, without the last, that the
	// server is ready.
	answer func(statement string) []byte
}

// serve starts the server and returns its URL.
func (f fake) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer client.Close()
				if err := f.converse(client); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
					t.Logf("the fake server: %v", err)
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return "postgres://u@" + listener.Addr().String() + "/d?sslmode=disable"
}

func (f fake) converse(client net.Conn) error {
	reader := bufio.NewReader(client)
	if _, err := packet(reader); err != nil { // the startup message
		return err
	}
	ready := message('Z', "I")
	hello := append(message('R', "\x00\x00\x00\x00"), message('S', "in_hot_standby\x00off\x00")...)
	if _, err := client.Write(append(hello, ready...)); err != nil {
		return err
	}
	for {
		kind, err := reader.ReadByte()
		if err != nil {
			return err
		}
		body, err := packet(reader)
		if err != nil {
			return err
		}
		switch kind {
		case 'Q', 'P': // of a prepared statement the rest is not looked at
			statement := strings.Trim(string(body), "\x00")
			if _, err := client.Write(append(f.answer(statement), ready...)); err != nil {
				return err
			}
		case 'X':
			return nil
		}
	}
}

func packet(r io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint32(length[:])-4)
	_, err := io.ReadFull(r, body)
	return body, err
}

func message(kind byte, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4)), body...)
}

// table is one row of texts.
func table(values ...string) []byte {
	count := string(binary.BigEndian.AppendUint16(nil, uint16(len(values))))
	header, row := count, count
	for _, value := range values {
		header += "c\x00" + "\x00\x00\x00\x00" + "\x00\x00" + "\x00\x00\x00\x19" + "\xff\xff" + "\xff\xff\xff\xff" + "\x00\x00"
		row += string(binary.BigEndian.AppendUint32(nil, uint32(len(value)))) + value
	}
	return append(append(message('T', header), message('D', row)...), message('C', "SELECT 1\x00")...)
}

func refusal(code, text string) []byte {
	return message('E', "SERROR\x00VERROR\x00C"+code+"\x00M"+text+"\x00\x00")
}

const cockroach = "CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15, go1.22.2)"

// What looks like PostgreSQL is named for what it is, also when it refuses what
// a connection begins with.
func TestCockroachIsRefusedByName(t *testing.T) {
	server := fake{func(statement string) []byte {
		if strings.Contains(statement, "version()") && !strings.Contains(statement, "set_config") {
			if strings.Contains(statement, "server_encoding") {
				return table(cockroach, "UTF8")
			}
			return table(cockroach)
		}
		return refusal("0A000", "unimplemented")
	}}.serve(t)
	address, err := ParseAddress(server)
	if err != nil {
		t.Fatal(err)
	}
	_, connecting := NewConnector(address, Options{Silence: patience}).Connect(t.Context())
	for what, err := range map[string]error{"the probe": Probe(t.Context(), address, true), "a connection": connecting} {
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "CockroachDB") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestServersAreJudgedByVersionAndEncoding(t *testing.T) {
	const debian = "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu"
	for _, c := range []struct{ version, encoding, names string }{
		{debian, "UTF8", ""},
		{"PostgreSQL 17.2 (EnterpriseDB)", "UTF8", ""},
		{debian, "LATIN1", "LATIN1"},
		{debian, "SQL_ASCII", "SQL_ASCII"},
		{cockroach, "UTF8", "CockroachDB"},
		{"PostgreSQL 13 (CockroachDB compatible)", "UTF8", "CockroachDB"},
	} {
		err := unsupported(c.version, c.encoding)
		if (err != nil) != (c.names != "") || err != nil && (!errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), c.names)) {
			t.Errorf("%s, %s: %v", c.version, c.encoding, err)
		}
	}
}

// A driver that panics, as lib/pq does on answers that are not to its statement,
// costs the call and its connection, not the process.
func TestAPanicOfTheDriverIsAnError(t *testing.T) {
	server := fake{func(statement string) []byte {
		if strings.HasPrefix(statement, "SELECT") {
			return message('T', "\x00\x09c") // nine columns, of which none is described
		}
		return message('C', "")
	}}.serve(t)
	address, err := ParseAddress(server)
	if err != nil {
		t.Fatal(err)
	}
	made, err := NewConnector(address, Options{Silence: patience, bare: true}).Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := made.(*conn)
	defer c.Close()
	_, err = c.QueryContext(t.Context(), "SELECT 1", nil)
	if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("a query: %v", err)
	}
	if c.IsValid() || c.ResetSession(t.Context()) == nil {
		t.Error("the connection is used on")
	}
	for name, call := range map[string]func() error{
		"a statement": func() error { _, err := c.ExecContext(t.Context(), "INSERT", nil); return err },
		"to prepare":  func() error { _, err := c.PrepareContext(t.Context(), "SELECT 1"); return err },
		"to begin":    func() error { _, err := c.Begin(); return err },
		"a ping":      func() error { return c.Ping(t.Context()) },
	} {
		if err := call(); err == nil {
			t.Errorf("%s on a broken connection has no error", name)
		}
	}
}
