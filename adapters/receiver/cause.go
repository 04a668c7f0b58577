package receiver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
)

// The causes of a delivery without an answer, in words that may be logged: an
// error of the network names the host.
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

// cause returns why there was no answer. Nothing of the error's own text is
// kept. An ended ctx of the caller stays what it is.
func (r *Receiver) cause(ctx, limited context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the delivery was interrupted: %w", ctx.Err())
	case limited.Err() != nil:
		return fmt.Errorf("no answer within %v", r.timeout)
	case errors.Is(err, ErrPrivate):
		return ErrPrivate
	case errors.Is(err, ErrPlain):
		return ErrPlain
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
