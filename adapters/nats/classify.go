package nats

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"dossier/application/relay"
)

var errStreamName = errors.New("broker URL: the option stream is a name of letters, digits, _ and -")

// classify adds relay.ErrRefused to what trying again will not cure.
func classify(err error) error {
	if !refused(err) || errors.Is(err, relay.ErrRefused) {
		return err
	}
	return fmt.Errorf("%w: %w", relay.ErrRefused, err)
}

func refused(err error) bool {
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) || slices.ContainsFunc(refusals(), func(r error) bool { return errors.Is(err, r) }) {
		return true
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return answered(api.Code, int(api.ErrorCode))
	}
	var old *nats.APIError
	if errors.As(err, &old) {
		return answered(old.Code, int(old.ErrorCode))
	}
	return false
}

// refusals are the errors of the client library that say no.
func refusals() []error {
	return []error{
		nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired,
		nats.ErrPermissionViolation, nats.ErrSecureConnRequired, nats.ErrSecureConnWanted,
		nats.ErrMaxPayload, nats.ErrHeadersNotSupported,
		jetstream.ErrJetStreamNotEnabled, jetstream.ErrJetStreamNotEnabledForAccount,
	}
}

// Codes of JetStream whose class their status does not tell.
const (
	noSuitablePeers     = 10005 // 400, but a node that is down comes back
	idInProcess         = 10158 // 409, but the first of the two is about to be stored
	replicasNeedCluster = 10074 // 500, but a single server never becomes a cluster
)

// answered classes what JetStream itself answered: 4xx is about us, 5xx about
// its present state.
func answered(status, code int) bool {
	switch code {
	case noSuitablePeers, idInProcess:
		return false
	case replicasNeedCluster:
		return true
	}
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError
}
