package receiver

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

const (
	// idleConnections is how many connections are kept for the next deliveries,
	// and idleTimeout how long.
	idleConnections = 32
	idleTimeout     = 90 * time.Second
	// maxHeader bounds, in bytes, the header of an answer.
	maxHeader = 64 << 10
)

// newTransport returns a transport that dials what may be reached, and nothing
// else: it has no proxy.
func newTransport(to reach, resolver *net.Resolver, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Control: to.control, Resolver: resolver}
	return &http.Transport{
		DialContext:     dialer.DialContext,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		// A transport with a dialler of its own does not try HTTP/2 by itself.
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
	}
}
