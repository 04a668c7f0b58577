package pgconn

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// hosts are the hosts of a URL and their ports, one for each.
type hosts struct{ names, ports []string }

// splitHosts reads what stands between the user and the path of a URL.
func splitHosts(text string) (h hosts, err error) {
	for more := true; more; {
		var name, port string
		if name, text, err = cutHost(text); err != nil {
			return h, err
		}
		if after, ok := strings.CutPrefix(text, ":"); ok {
			if end := strings.IndexByte(after, ','); end >= 0 {
				port, text = after[:end], after[end:]
			} else {
				port, text = after, ""
			}
		}
		h.names, h.ports = append(h.names, name), append(h.ports, port)
		if text, more = strings.CutPrefix(text, ","); !more && text != "" {
			return h, ErrURL
		}
	}
	return h, nil
}

// cutHost takes the first host off a list.
func cutHost(text string) (name, rest string, err error) {
	bracketed, ok := strings.CutPrefix(text, "[")
	if !ok {
		end := strings.IndexAny(text, ":,")
		if end < 0 {
			end = len(text)
		}
		name, err = url.PathUnescape(text[:end])
		if err != nil || strings.ContainsAny(name, ",\x00") {
			return "", "", ErrURL
		}
		return name, text[end:], nil
	}
	name, rest, ok = strings.Cut(bracketed, "]")
	if !ok {
		return "", "", ErrURL
	}
	if name, err = url.PathUnescape(name); err != nil {
		return "", "", ErrURL
	}
	if address, err := netip.ParseAddr(name); err != nil || !address.Is6() {
		return "", "", ErrURL
	}
	return name, rest, nil
}

// into adds the hosts to the parameters of a URL, which go before them, and
// fills in what lib/pq would read otherwise than libpq.
func (h hosts) into(parameters map[string]string) error {
	for _, port := range h.ports {
		if port != "" && !isPort(port) {
			return ErrURL
		}
	}
	for name, values := range map[string][]string{"host": h.names, "port": h.ports} {
		if _, ok := parameters[name]; !ok {
			parameters[name] = strings.Join(values, ",")
		}
	}
	fill(parameters, "host", "localhost")
	fill(parameters, "port", "5432")
	for port := range strings.SplitSeq(parameters["port"], ",") {
		if port != "" && !isPort(port) {
			return fmt.Errorf("%w: port in the URL", ErrParameter)
		}
	}
	return nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// fill replaces what is empty in a list of several. One that stands alone is
// left to lib/pq, which asks the environment.
func fill(parameters map[string]string, name, value string) {
	if parameters[name] == "" {
		delete(parameters, name)
		return
	}
	values := strings.Split(parameters[name], ",")
	if len(values) == 1 {
		return
	}
	for i := range values {
		if values[i] == "" {
			values[i] = value
		}
	}
	parameters[name] = strings.Join(values, ",")
}
