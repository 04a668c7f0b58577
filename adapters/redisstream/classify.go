package redisstream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"dossier/application/relay"
)

// classify adds relay.ErrRefused to what trying again will not cure.
func classify(err error) error {
	if !refused(err) || errors.Is(err, relay.ErrRefused) {
		return err
	}
	return fmt.Errorf("%w: %w", relay.ErrRefused, err)
}

// refused reports whether the server has answered with an error that is not
// about its present state: for want of a login (NOAUTH, WRONGPASS), of a right
// (NOPERM), of a stream under the key (WRONGTYPE), of the command itself.
func refused(err error) bool {
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return true
	}
	var answer redis.Error
	return errors.As(err, &answer) &&
		!slices.ContainsFunc(passing(), func(prefix string) bool { return redis.HasErrorPrefix(err, prefix) })
}

// passing are the codes of states that end: it starts, it is not the primary
// any more, its memory or disk is full, a script runs. The protocol tells
// errors apart by the beginning of their text alone.
func passing() []string {
	return []string{
		"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF", "NOREPLICAS",
		"max number of clients reached",
	}
}
