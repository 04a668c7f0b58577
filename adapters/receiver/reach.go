package receiver

import (
	"errors"
	"net/netip"
	"syscall"
)

var (
	// ErrPrivate: the receiver's name leads to an address that is not public,
	// and those are not allowed.
	ErrPrivate = errors.New("the address is private")
	// ErrPlain: the receiver's name leads to a public address, which plain http
	// does not go to.
	ErrPlain = errors.New("the address is public, and the URL is not https")
)

// reach says which addresses may be dialled.
type reach struct{ private, public bool }

// control is called by the dialler for every address that it is about to
// connect to, with its name resolved.
func (r reach) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrPrivate // what can't be told is not dialled
	}
	return r.check(to.Addr())
}

func (r reach) check(a netip.Addr) error {
	public := isPublic(a)
	switch {
	case !public && !r.private:
		return ErrPrivate
	case public && !r.public:
		return ErrPlain
	default:
		return nil
	}
}

// isPublic says that an address is one of the internet's, by IANA's registries
// of special-purpose addresses (RFC 6890).
func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return !within(a, special4())
	}
	if translated().Contains(a) {
		bytes := a.As16()
		return isPublic(netip.AddrFrom4([4]byte(bytes[12:])))
	}
	return global6().Contains(a) && !within(a, special6())
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// special4 are the parts of IPv4 that are not the internet's.
func special4() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // shared by customers of a carrier
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local, and where clouds serve credentials
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocols
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // relays of 6to4
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, and broadcast
	)
}

// global6 is all of IPv6 that has been given to the internet. What is outside
// of it, loopback and unique local addresses among it, is not public.
func global6() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

// special6 are the parts of global6 that are not the internet's, or lead into
// IPv4 by a way that nobody needs any more.
func special6() []netip.Prefix {
	return prefixes(
		"2001::/23",     // protocols, such as Teredo
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"3fff::/20",     // documentation
	)
}

// translated is how a network without IPv4 reaches an address of it (NAT64, RFC
// 6052): the address is in the last four bytes.
func translated() netip.Prefix { return netip.MustParsePrefix("64:ff9b::/96") }

func prefixes(all ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(all))
	for i, text := range all {
		parsed[i] = netip.MustParsePrefix(text)
	}
	return parsed
}
