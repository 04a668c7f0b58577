package brokertest

import (
	"crypto/tls"
	"net/http/httptest"
	"testing"
)

// UntrustedTLS returns what a server needs to speak TLS with a certificate that
// no authority has signed.
func UntrustedTLS(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates}
}
