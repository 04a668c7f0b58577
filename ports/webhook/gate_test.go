package webhook_test

import (
	"net/http"
	"net/netip"
	"testing"
)

func networks(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestAllowListBehindTrustedProxies(t *testing.T) {
	const direct, proxy = "203.0.113.7:4711", "10.0.0.1:4711"
	for name, c := range map[string]struct {
		peer      string
		forwarded []string // the lines of X-Forwarded-For
		ok        bool
	}{
		"allowed peer":                        {direct, nil, true},
		"other peer":                          {"192.0.2.1:4711", nil, false},
		"allowed peer, IPv4 in IPv6":          {"[::ffff:203.0.113.7]:4711", nil, true},
		"allowed peer, IPv6":                  {"[2001:db8::7]:4711", nil, true},
		"allowed peer with a zone":            {"[2001:db8::7%eth0]:4711", nil, true},
		"other peer that claims":              {"192.0.2.1:4711", []string{"203.0.113.7"}, false},
		"allowed peer that passes on":         {direct, []string{"192.0.2.1"}, true},
		"through the proxy":                   {proxy, []string{"203.0.113.7"}, true},
		"other through the proxy":             {proxy, []string{"192.0.2.1"}, false},
		"proxy in IPv4 in IPv6":               {"[::ffff:10.0.0.1]:4711", []string{"203.0.113.7"}, true},
		"entry in IPv4 in IPv6":               {proxy, []string{"::ffff:203.0.113.7"}, true},
		"through two proxies":                 {proxy, []string{"203.0.113.7, 10.0.0.2"}, true},
		"through two, on two lines":           {proxy, []string{"203.0.113.7", "10.0.0.2"}, true},
		"claim left of a caller through two":  {proxy, []string{"192.0.2.1, 203.0.113.7, 10.0.0.2"}, true},
		"claim left of the caller":            {proxy, []string{"203.0.113.7, 192.0.2.1"}, false},
		"claim on the line before":            {proxy, []string{"203.0.113.7", "192.0.2.1"}, false},
		"claim of a proxy, left":              {proxy, []string{"203.0.113.7, 10.0.0.9, 192.0.2.1"}, false},
		"rubbish left of the caller":          {proxy, []string{"rubbish, 203.0.113.7"}, true},
		"rubbish where the caller should be":  {proxy, []string{"203.0.113.7, rubbish"}, false},
		"rubbish left of a proxy":             {proxy, []string{"203.0.113.7, rubbish, 10.0.0.2"}, false},
		"empty entry":                         {proxy, []string{"203.0.113.7,"}, false},
		"empty line":                          {proxy, []string{""}, false},
		"entry with a zone":                   {proxy, []string{"2001:db8::7%eth0"}, false},
		"entry with a port":                   {proxy, []string{"203.0.113.7:80"}, true},
		"entry of IPv6 with a port":           {proxy, []string{"[2001:db8::7]:80"}, true},
		"proxy without a header":              {proxy, nil, false},
		"all proxies":                         {proxy, []string{"10.0.0.3, 10.0.0.2"}, false},
		"allowed proxy without a header":      {"10.9.9.9:1", nil, true},
		"allowed proxy passes on another":     {"10.9.9.9:1", []string{"192.0.2.1"}, false},
		"allowed proxy with rubbish":          {"10.9.9.9:1", []string{"rubbish"}, false},
		"peer that is no address":             {"@", []string{"203.0.113.7"}, false},
		"peer without a port":                 {"203.0.113.7", nil, false},
		"network written as IPv4 in IPv6":     {"198.51.100.9:1", nil, true},
		"next to network of IPv4 in IPv6":     {"198.51.101.9:1", nil, false},
		"spaces and tabs around the entry":    {proxy, []string{" \t203.0.113.7 "}, true},
		"right-most that nobody trusts, IPv6": {proxy, []string{"203.0.113.7, 2001:db9::1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			cfg := config(r)
			cfg.AllowIPs = networks("203.0.113.0/24", "2001:db8::/32", "10.9.9.9/32", "::ffff:198.51.100.0/120")
			cfg.TrustedProxies = networks("10.0.0.0/8")
			call := good()
			call.RemoteAddr = c.peer
			// These are anyone's to write, and must make no difference.
			call.Header = http.Header{"X-Forwarded-For": c.forwarded, "X-Real-Ip": {"203.0.113.7"}, "Forwarded": {"for=203.0.113.7"}}
			w := serve(handler(t, cfg), call)
			if c.ok {
				r.only(t)
				return
			}
			wantProblem(t, w, 403, "forbidden")
			if len(r.got) != 0 {
				t.Error("a refused webhook reached the receiver")
			}
		})
	}
}

func TestWithoutAnAllowListEveryAddressMayCall(t *testing.T) {
	r := &receiver{}
	cfg := config(r)
	cfg.TrustedProxies = networks("10.0.0.0/8")
	call := good()
	call.RemoteAddr = "@"
	call.Header.Set("X-Forwarded-For", "rubbish")
	serve(handler(t, cfg), call)
	r.only(t)
}

func TestWithoutTrustedProxiesNoHeaderIsBelieved(t *testing.T) {
	cfg := config(&receiver{})
	cfg.AllowIPs = networks("203.0.113.0/24")
	call := good()
	call.Header.Set("X-Forwarded-For", "203.0.113.7")
	wantProblem(t, serve(handler(t, cfg), call), 403, "forbidden")
}
