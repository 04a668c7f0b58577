package httpfault

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the network says is inside of what says which URL was asked for.
func TestACauseTellsNothingOfTheRequest(t *testing.T) {
	const secret = "https://host.example/secret"
	for want, err := range map[error]error{
		errRefused:   &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		errRoute:     &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH},
		errReset:     &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		errNoName:    &net.DNSError{Name: secret, IsNotFound: true},
		errNaming:    &net.DNSError{Name: secret, IsTemporary: true},
		errAuthority: x509.UnknownAuthorityError{},
		errNameTLS:   x509.HostnameError{Host: secret, Certificate: &x509.Certificate{}},
		errCert:      &tls.CertificateVerificationError{Err: errors.New(secret)},
		errNoTLS:     tls.RecordHeaderError{Msg: secret},
		errTLS:       &net.OpError{Op: "remote error", Err: tls.AlertError(40)},
		errNoAnswer:  errors.New(secret),
	} {
		got := Cause(&url.Error{Op: "Get", URL: secret, Err: err})
		if got != want || strings.Contains(fmt.Sprintf("%v %#v", got, got), secret) {
			t.Errorf("%T: %v, want %v", err, got, want)
		}
	}
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE} {
		if got := Cause(err); got != errReset {
			t.Errorf("%v: %v", err, got)
		}
	}
	if got := Cause(syscall.ENETUNREACH); got != errRoute {
		t.Error(got)
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, " 7 ": 7 * time.Second, "60": time.Minute, "61": time.Minute, "99999999999999999999": time.Minute,
		"-1": 0, "1.5": 0, "soon": 0, "Thu, 01 Jan 2026 00:00:30 GMT": 30 * time.Second, "Thu, 01 Jan 2026 01:00:00 GMT": time.Minute,
		"Wed, 31 Dec 2025 00:00:00 GMT": 0,
	} {
		if got := RetryAfter(header, now, time.Minute); got != want {
			t.Errorf("%q asks for %v, want %v", header, got, want)
		}
	}
}
