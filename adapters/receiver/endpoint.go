package receiver

import (
	"errors"
	"net/url"
)

// endpoint is where deliveries go.
type endpoint struct {
	url  *url.URL // without user
	user *url.Userinfo
}

// The faults of a URL. None repeats it: it may hold credentials.
var (
	errURL      = errors.New("the URL of a receiver is expected, such as https://example.com/events")
	errFragment = errors.New("the URL of a receiver has no fragment: percent-encode the #")
	errPlain    = errors.New("the URL of a receiver must be https: events contain session ids, which are credentials; " +
		"http is for private addresses only, with --allow-private or DOSSIER_RELAY_ALLOW_PRIVATE=true")
)

// parseEndpoint reads a URL. Plain http needs the permission to reach private
// addresses, for it reaches no other.
func parseEndpoint(text string, plain bool) (endpoint, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "":
		return endpoint{}, errURL
	case u.Fragment != "":
		return endpoint{}, errFragment
	case u.Scheme == "http" && !plain:
		return endpoint{}, errPlain
	}
	user := u.User
	u.User = nil
	return endpoint{u, user}, nil
}
