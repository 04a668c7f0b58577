package synaps

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"dossier/domain/kyc"
)

// The faults of a base URL. None repeats it: a mistake may have put a key there.
var (
	errBase = errors.New("the base URL of Synaps' API is expected, such as " + DefaultBaseURL +
		", without a user, a query or a fragment")
	errPlain = errors.New("the base URL of Synaps' API must be https: each request has a key and the id of a session; " +
		"plain http is for this machine, or must be allowed")
)

// parseBase reads a base URL, which ends without a slash.
func parseBase(text string, plain bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "",
		u.User != nil, u.RawQuery != "" || u.ForceQuery, strings.Contains(text, "#"):
		return nil, errBase
	case u.Scheme == "http" && !plain && !here(u.Hostname()):
		return nil, errPlain
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.EscapedPath(), "/")
	return u, nil
}

// here says that a host is this machine. What localhost means is not asked: who
// can change that can read the keys.
func here(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// maxKey bounds, in bytes, a key: what is longer is no key, but a file that was
// named by mistake.
const maxKey = 1024

// checkKeys says what is wrong with keys, without repeating them.
func checkKeys(keys map[kyc.App]string) error {
	var faults []error
	for _, app := range slices.Sorted(maps.Keys(keys)) {
		if _, err := kyc.ParseApp(string(app)); err != nil {
			// Not repeated: a key and its app may have been confused.
			faults = append(faults, errors.New("the keys of Synaps' API: what should name an app is no slug"))
			continue
		}
		if key := keys[app]; key == "" || len(key) > maxKey || strings.ContainsFunc(key, notOfKey) {
			faults = append(faults, fmt.Errorf("the key of Synaps' API for app %q: 1 to %d printable ASCII characters without spaces are expected", string(app), maxKey))
		}
	}
	return errors.Join(faults...)
}

func notOfKey(r rune) bool { return r <= ' ' || r > '~' }

func keysOf(keys map[kyc.App]string) func(kyc.App) (string, bool) {
	keys = maps.Clone(keys)
	return func(app kyc.App) (string, bool) {
		key, ok := keys[app]
		return key, ok
	}
}

func (c Config) checkNumbers() error {
	if c.RequestsPerMinute < 0 || c.Timeout < 0 || c.Tries < 0 {
		return errors.New("requests a minute, timeout and tries of Synaps' API: numbers above 0 are expected")
	}
	return nil
}

// Format keeps the keys out of whatever is printed.
func (Config) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "[synaps config]") }

// MarshalText keeps them out of logs and JSON, which do not ask Format.
func (Config) MarshalText() ([]byte, error) { return []byte("[synaps config]"), nil }
