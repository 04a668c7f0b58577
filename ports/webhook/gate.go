package webhook

import (
	"net/http"
	"net/netip"
	"strings"
)

// gate lets in the calls from allowed networks.
type gate struct {
	allowed []netip.Prefix // none: all
	trusted []netip.Prefix // the proxies whose X-Forwarded-For is believed
}

func newGate(allowed, trusted []netip.Prefix) gate {
	return gate{unmapped(allowed), unmapped(trusted)}
}

// unmapped writes networks of IPv4 addresses in IPv6 form as IPv4 networks: a
// prefix of one form contains no address of the other.
func unmapped(networks []netip.Prefix) []netip.Prefix {
	plain := make([]netip.Prefix, len(networks))
	for i, network := range networks {
		plain[i] = network
		if network.Addr().Is4In6() && network.Bits() >= 96 {
			plain[i] = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
		}
	}
	return plain
}

func (g gate) admits(r *http.Request) bool {
	if len(g.allowed) == 0 {
		return true
	}
	client, ok := g.client(r)
	return ok && contains(g.allowed, client)
}

// client returns the address of the caller; ok is false if it can't be told.
//
// Only what the nearest proxies wrote is evidence. Each adds the address that
// called it at the right, so the right-most address that is no trusted proxy's
// is the caller's, and whatever stands left of it the caller may have made up.
// For the same reason Forwarded and X-Real-IP are not read: a proxy that writes
// the one passes on the others as they came.
func (g gate) client(r *http.Request) (_ netip.Addr, ok bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	client := peer.Addr().Unmap().WithZone("")
	lines := r.Header["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			if !contains(g.trusted, client) {
				return client, true
			}
			var entry string
			rest, entry, more = cutLast(rest)
			if client, ok = forwardedAddr(entry); !ok {
				return netip.Addr{}, false
			}
		}
	}
	return client, true
}

// cutLast cuts a list at its last comma.
func cutLast(list string) (rest, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// forwardedAddr reads one entry, an address or, as some proxies write it, an
// address with a port.
func forwardedAddr(entry string) (netip.Addr, bool) {
	entry = strings.TrimSpace(entry)
	addr, err := netip.ParseAddr(entry)
	if err != nil {
		withPort, err := netip.ParseAddrPort(entry)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	// A zone means something on one machine only: no proxy writes one.
	return addr.Unmap(), addr.Zone() == ""
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	for _, network := range networks {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}
