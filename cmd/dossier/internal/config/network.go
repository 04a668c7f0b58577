package config

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?$`)
	// headerName is the token of RFC 9110, section 5.6.2, which the name of a header is.
	headerName = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")
)

func parseListen(v value, n *notes) string {
	host, port, err := net.SplitHostPort(v.text)
	if err != nil {
		n.fault("host:port is expected, such as 127.0.0.1:8080, or :8080 for every interface")
		return ""
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		n.fault("the port is not a number from 0 to 65535")
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !hostName.MatchString(host) {
		n.fault("the host is neither an IP address nor the name of a host")
	}
	return v.text
}

func parseHeaderPrefix(v value, n *notes) string {
	switch {
	case !headerName.MatchString(v.text):
		n.fault("the name of a header can't have some of these characters")
	case strings.HasSuffix(v.text, "-"):
		n.fault("the dash after the prefix is added to it: leave it out")
	}
	return strings.ToLower(v.text)
}

// parsePrefixes reads networks and addresses. An address is a network of one.
func parsePrefixes(v value, n *notes) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, e := range v.entries(n) {
		prefix, ok := parsePrefix(e.text)
		if !ok {
			n.faultIn(e.number, "an IP address or a network is expected, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32")
			continue
		}
		if prefix != prefix.Masked() {
			n.warnIn(e.number, "the address has bits that the length of its network cuts off")
		}
		if prefix.Bits() == 0 {
			n.warnIn(e.number, "this network is every address there is")
		}
		if prefix = prefix.Masked(); !slices.Contains(prefixes, prefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

// parsePrefix refuses zones, which no prefix can match, and networks of IPv4
// written as IPv6: netip never finds an IPv4 address in one.
func parsePrefix(text string) (netip.Prefix, bool) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		return prefix, err == nil && !prefix.Addr().Is4In6()
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), true
}
