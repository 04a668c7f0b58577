package receiver

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	public := []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
		"169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.20.0.0", "223.255.255.255",
		"::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808",
	}
	private := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "fe80::1", "fe80::1%eth0", "fec0::1",
		"fc00::1", "fd12:3456::1", "ff02::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1",
		"64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "5f00::1",
	}
	internet, both, inside := reach{public: true}, reach{public: true, private: true}, reach{private: true}
	check := func(r reach, text string, want error) {
		t.Helper()
		address := netip.AddrPortFrom(netip.MustParseAddr(text), 443).String()
		if err := r.control("tcp", address, nil); !errors.Is(err, want) {
			t.Errorf("%+v to %s: %v, want %v", r, text, err, want)
		}
	}
	for _, a := range public {
		check(internet, a, nil)
		check(both, a, nil)
		check(inside, a, ErrPlain)
	}
	for _, a := range private {
		check(internet, a, ErrPrivate)
		check(both, a, nil)
		check(inside, a, nil)
	}
	for _, a := range []string{"", "1.1.1.1", "example.com:443", "/run/socket"} {
		if err := both.control("unix", a, nil); !errors.Is(err, ErrPrivate) {
			t.Errorf("%q: %v", a, err)
		}
	}
}

// A name that was public when it was looked at must not lead inside when it is
// dialled.
func TestANameThatChangesItsMindGainsNothing(t *testing.T) {
	errStop := errors.New("not dialled in a test")
	r := at(t, "https://rebind.test", func(c *Config) { c.AllowPrivate = false })
	dialler := &net.Dialer{Resolver: names(t, "1.1.1.1", "127.0.0.1"), Control: func(network, address string, c syscall.RawConn) error {
		return cmp.Or((reach{public: true}).control(network, address, c), errStop)
	}}
	r.transport.DialContext = dialler.DialContext
	failed(t, r.Deliver(t.Context(), message()), 0, "no answer") // it got as far as dialling
	failed(t, r.Deliver(t.Context(), message()), 0, "the address is private")
	plain := at(t, "http://rebind.test", func(c *Config) { c.Resolver = names(t, "1.1.1.1") })
	failed(t, plain.Deliver(t.Context(), message()), 0, ErrPlain.Error())
}

// names resolves every name to the addresses in turn, one at each question; none
// to nothing.
func names(t *testing.T, addresses ...string) *net.Resolver {
	next := 0
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			question := make([]byte, 512)
			if _, err := io.ReadFull(theirs, question[:2]); err != nil {
				return
			}
			question = question[:binary.BigEndian.Uint16(question)]
			if _, err := io.ReadFull(theirs, question); err != nil {
				return
			}
			var address netip.Addr
			if isA := question[questionEnd(question)-3] == 1; isA && next < len(addresses) {
				address = netip.MustParseAddr(addresses[next])
				next++
			}
			_, _ = theirs.Write(answerTo(question, address))
		}()
		return ours, nil
	}}
}

// questionEnd is where the one question of a DNS message ends (RFC 1035, 4.1).
func questionEnd(m []byte) int {
	at := 12
	for m[at] != 0 {
		at += int(m[at]) + 1
	}
	return at + 5
}

// answerTo answers a question with an address, or with none.
func answerTo(question []byte, a netip.Addr) []byte {
	m := append([]byte(nil), question[:questionEnd(question)]...)
	m[2], m[3] = 0x81, 0x80 // an answer, recursion as asked for
	copy(m[6:12], []byte{0, 0, 0, 0, 0, 0})
	if a.IsValid() {
		m[7] = 1
		m = append(m, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		m = append(m, a.AsSlice()...)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
}
