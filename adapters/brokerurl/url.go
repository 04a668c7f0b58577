// Package brokerurl reads the URLs of message brokers, such as
//
//	kafka+tls://relay:secret@kafka-1:9093/dossier.events?host=kafka-2:9093
//
// A URL may hold a password, so no error of this package repeats any part of
// one but the names of options, and a Target prints without it.
package brokerurl

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DefaultName is the subject, topic or stream of a URL without a path.
const DefaultName = "dossier.events"

// Form is what the URLs of one kind of broker look like.
type Form struct {
	Example   string   // of such a URL, for errors
	Plain     string   // the scheme without TLS
	Secure    string   // the scheme with TLS
	Port      string   // of a host that names none
	Options   []string // the names of known options; each may be given once
	ManyHosts bool     // whether further hosts may follow as `host`
	// Name is what the path must match: a subject, a topic or a stream.
	Name *regexp.Regexp
}

// Target is a broker and a place in it.
type Target struct {
	TLS      bool
	Hosts    []string // host:port, at least one
	User     string
	Password string
	Name     string // of the subject, topic or stream
	options  url.Values
}

// Option returns the text of an option, empty if it was not given.
func (t Target) Option(name string) string { return t.options.Get(name) }

// Number returns an option as a whole number from low to high, or the default
// if it was not given.
func (t Target) Number(name string, standard, low, high int) (int, error) {
	if !t.options.Has(name) {
		return standard, nil
	}
	n, err := strconv.Atoi(t.Option(name))
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("broker URL: the option %s is a whole number from %d to %d", name, low, high)
	}
	return n, nil
}

// String tells the place, without credentials.
func (t Target) String() string { return t.Name + " at " + strings.Join(t.Hosts, ", ") }

// GoString is String: no verb prints the password.
func (t Target) GoString() string { return t.String() }

// Parse reads a URL of the form.
func (f Form) Parse(text string) (Target, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != f.Plain && u.Scheme != f.Secure) || u.Opaque != "" || u.Fragment != "" {
		// What url.Parse says repeats the text, and with it the password.
		return Target{}, fmt.Errorf("broker URL: a URL such as %s is expected", f.Example)
	}
	t := Target{TLS: u.Scheme == f.Secure, User: u.User.Username(), Name: DefaultName}
	t.Password, _ = u.User.Password()
	if path := strings.TrimPrefix(u.Path, "/"); path != "" {
		t.Name = path
	}
	if !f.Name.MatchString(t.Name) {
		return Target{}, fmt.Errorf("broker URL: its path cannot be a name there; a URL such as %s is expected", f.Example)
	}
	if t.options, err = f.readOptions(u.RawQuery); err != nil {
		return Target{}, err
	}
	t.Hosts, err = f.readHosts(append([]string{u.Host}, t.options["host"]...))
	return t, err
}

func (f Form) readOptions(query string) (url.Values, error) {
	options, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("broker URL: its options cannot be read")
	}
	for name, values := range options {
		if name == "host" && f.ManyHosts {
			continue
		}
		if !slices.Contains(f.Options, name) {
			return nil, fmt.Errorf("broker URL: it has an unknown option; known are: %s", strings.Join(f.known(), ", "))
		}
		if len(values) > 1 {
			return nil, fmt.Errorf("broker URL: the option %s is given twice", name)
		}
	}
	return options, nil
}

func (f Form) known() []string {
	if f.ManyHosts {
		return append(slices.Clone(f.Options), "host")
	}
	return f.Options
}

// readHosts gives each host its port.
func (f Form) readHosts(given []string) ([]string, error) {
	hosts := make([]string, 0, len(given))
	for _, text := range given {
		u, err := url.Parse("//" + text)
		if err != nil || u.Host != text || u.Hostname() == "" || !reachable(u.Port()) {
			return nil, fmt.Errorf("broker URL: a host is missing or cannot be read; a URL such as %s is expected", f.Example)
		}
		port := u.Port()
		if port == "" {
			port = f.Port
		}
		hosts = append(hosts, net.JoinHostPort(u.Hostname(), port))
	}
	return hosts, nil
}

// reachable reports whether a port is none, or from 1 to 65535.
func reachable(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}
