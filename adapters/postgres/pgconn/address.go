package pgconn

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/lib/pq"
)

// ErrURL: the text is not the URL of a PostgreSQL database. The errors of this
// package do not repeat it, for it may hold a password.
var ErrURL = errors.New("not a postgres:// URL")

// ErrParameter: a parameter of the URL, or a PG variable of the environment, is
// wrong. The error names it and does not repeat its value.
var ErrParameter = errors.New("wrong parameter of the connection")

// Address is where the database is, and as whom to connect. It is not changed
// once it is made.
type Address struct {
	url      url.URL           // with what lib/pq knows, and no host before the path
	settings map[string]string // of the session: all other parameters of the URL
}

// ParseAddress reads a URL in the form of libpq:
//
//	postgres://[user[:password]@][host[:port][,host[:port]...]][/database][?name=value&...]
//
// lib/pq reads fewer forms, and reads some of them otherwise. A host without a
// port beside others has 5432. Parameters that lib/pq does not know are settings
// of the session. It returns ErrURL or ErrParameter.
func ParseAddress(text string) (Address, error) {
	rest, ok := strings.CutPrefix(text, "postgres://")
	if !ok {
		if rest, ok = strings.CutPrefix(text, "postgresql://"); !ok {
			return Address{}, ErrURL
		}
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	user := authority[:strings.LastIndexByte(authority, '@')+1]
	named, err := splitHosts(authority[len(user):])
	if err != nil {
		return Address{}, err
	}
	u, err := url.Parse("postgres://" + user + rest[len(authority):])
	if err != nil || u.Fragment != "" {
		return Address{}, ErrURL // the error may repeat the URL
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Address{}, ErrURL
	}
	parameters := map[string]string{}
	for name, values := range query {
		if !plainName.MatchString(name) { // lib/pq would read another one, or several
			return Address{}, fmt.Errorf("%w: the URL has one whose name can't be one", ErrParameter)
		}
		parameters[name] = values[len(values)-1] // the last one wins, as in libpq
	}
	if err := named.into(parameters); err != nil {
		return Address{}, err
	}
	return newAddress(*u, parameters)
}

// ApplicationName is how the sessions of this process are called on the server,
// unless the URL says otherwise: several servers can be told apart by it.
func ApplicationName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	const most = 63 // bytes, of which the server cuts off what is more
	name := fmt.Sprintf("dossier %d on %s", os.Getpid(), host)
	return strings.ToValidUTF8(name[:min(most, len(name))], "")
}

// newAddress parts the parameters of a URL in those of lib/pq and others.
func newAddress(u url.URL, parameters map[string]string) (Address, error) {
	bound, err := bindChannel(parameters)
	if err != nil {
		return Address{}, err
	}
	if u.Path == "" {
		u.Path = "/" // or its text would not begin as lib/pq wants it
	}
	defaults := map[string]string{
		// One round trip for a statement with parameters, and arrays as bytes.
		"binary_parameters": "yes",
		"application_name":  ApplicationName(),
		"connect_timeout":   "10",
	}
	maps.Copy(defaults, parameters)
	a := Address{url: u}
	a.take(defaults)
	config, err := pq.NewConfig(a.url.String())
	if err != nil {
		return Address{}, blame(parameters, err)
	}
	a.settings = config.Runtime
	for name := range a.settings {
		delete(defaults, name)
	}
	a.take(defaults)
	if bound && config.SSLMode != pq.SSLModeVerifyFull {
		return Address{}, errUnbound()
	}
	return a, encrypted(config)
}

func (a *Address) take(parameters map[string]string) {
	query := url.Values{}
	for name, value := range parameters {
		query.Set(name, value)
	}
	a.url.RawQuery = query.Encode()
}

// DSN is the address in the form of lib/pq, without the settings of sessions.
func (a Address) DSN() string { return a.url.String() }

// Primary is the address with hosts left that are no primaries, unless the URL
// itself says which it wants.
func (a Address) Primary() Address {
	query := a.url.Query()
	if wanted := query.Get("target_session_attrs"); wanted == "" || wanted == string(pq.TargetSessionAttrsAny) {
		query.Set("target_session_attrs", string(pq.TargetSessionAttrsPrimary))
	}
	a.url.RawQuery = query.Encode()
	return a
}

// each returns an address for each host, if there are several.
func (a Address) each() (all []Address) {
	query := a.url.Query()
	names, ports := strings.Split(query.Get("host"), ","), strings.Split(query.Get("port"), ",")
	if len(names) < 2 {
		return nil
	}
	for i, name := range names {
		one := url.Values{}
		for parameter := range query {
			one.Set(parameter, query.Get(parameter))
		}
		one.Set("host", name)
		if len(ports) == len(names) { // else one is for all
			one.Set("port", ports[i])
		}
		host := a
		host.url.RawQuery = one.Encode()
		all = append(all, host)
	}
	return all
}

// bindChannel does what channel_binding asks for, which lib/pq does not know.
// The binding proves that nobody stands between, posing as the server; so does
// its certificate, checked in full, which is what require becomes.
func bindChannel(parameters map[string]string) (required bool, err error) {
	binding, ok := parameters["channel_binding"]
	delete(parameters, "channel_binding")
	switch {
	case !ok || binding == "disable" || binding == "prefer":
		return false, nil
	case binding != "require":
		return false, fmt.Errorf("%w: channel_binding in the URL is disable, prefer or require", ErrParameter)
	case parameters["sslmode"] == string(pq.SSLModeDisable):
		return false, errUnbound()
	}
	parameters["sslmode"] = string(pq.SSLModeVerifyFull)
	return true, nil
}

func errUnbound() error {
	return fmt.Errorf("%w: channel_binding=require in the URL needs TLS, which its sslmode turns off, or its host, a Unix socket", ErrParameter)
}

// encrypted refuses what lib/pq would connect to without the TLS that was asked
// for: it turns TLS off for all hosts if the first is a Unix socket.
func encrypted(config pq.Config) error {
	if !socketPath(config.Host) {
		return nil
	}
	for _, other := range config.Multi {
		if !socketPath(other.Host) {
			return fmt.Errorf("%w: host is a Unix socket and a network address at once", ErrParameter)
		}
	}
	return nil
}

func socketPath(host string) bool { return filepath.IsAbs(host) || strings.HasPrefix(host, "@") }

var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,62}$`)

// blame finds the parameter or the variable that lib/pq does not take. Its own
// error may repeat a value.
func blame(parameters map[string]string, err error) error {
	if _, none := pq.NewConfig(""); none != nil {
		for _, variable := range os.Environ() {
			name, _, _ := strings.Cut(variable, "=")
			if strings.HasPrefix(name, "PG") && strings.Contains(none.Error(), "$"+name+" ") || strings.Contains(none.Error(), "$"+name+":") {
				return fmt.Errorf("%w: the variable %s of the environment is wrong or not supported", ErrParameter, name)
			}
		}
		return fmt.Errorf("%w: a PG variable of the environment is wrong or not supported", ErrParameter)
	}
	quote := strings.NewReplacer(`'`, `\'`, `\`, `\\`)
	for name, value := range parameters {
		if _, wrong := pq.NewConfig(name + "='" + quote.Replace(value) + "'"); wrong != nil && plainName.MatchString(name) {
			return fmt.Errorf("%w: %s in the URL", ErrParameter, name)
		}
	}
	return fmt.Errorf("%w: parameters of the URL do not fit together", ErrParameter)
}
