// Package httpfault tells why an HTTP request got no answer, or for how long it
// should not be repeated, in words that may be logged.
package httpfault

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The causes of a request without an answer: an error of the network names the
// host.
var (
	errRefused   = errors.New("connection refused")
	errReset     = errors.New("the connection was broken off")
	errRoute     = errors.New("the network is unreachable")
	errNoName    = errors.New("the name of the host is unknown")
	errNaming    = errors.New("the name of the host can't be resolved now")
	errNoTLS     = errors.New("TLS: the server does not speak it")
	errAuthority = errors.New("TLS: the certificate is signed by an unknown authority")
	errNameTLS   = errors.New("TLS: the certificate is for another name")
	errCert      = errors.New("TLS: the certificate is not valid")
	errTLS       = errors.New("TLS: the handshake was refused")
	errNoAnswer  = errors.New("no answer")
)

// Cause returns why there was no answer. Nothing of the error's own text is
// kept: it may hold the URL. That a context has ended is not looked at.
func Cause(err error) error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return errRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return errRoute
	}
	if naming, ok := errors.AsType[*net.DNSError](err); ok {
		if naming.IsNotFound {
			return errNoName
		}
		return errNaming
	}
	if cause := causeTLS(err); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return errReset
	}
	return errNoAnswer
}

// causeTLS returns why a secure connection could not be made; nil if it was not
// that.
func causeTLS(err error) error {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return errAuthority
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return errNameTLS
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errCert
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return errNoTLS
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return errTLS
	}
	// What the other side refuses comes as an operation of its own.
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return errTLS
	}
	return nil
}

// RetryAfter reads a Retry-After, which is a number of seconds or a date (RFC
// 9110, 10.2.3). What is neither, or lies in the past, asks for nothing; what is
// more than most asks for that.
func RetryAfter(header string, now time.Time, most time.Duration) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.ParseUint(header, 10, 64)
		if err != nil || seconds > uint64(most/time.Second) {
			return most // even if it is too large to be read
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), most)
}
