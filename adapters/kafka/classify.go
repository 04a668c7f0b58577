package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"github.com/IBM/sarama"

	"dossier/application/relay"
)

// classify adds relay.ErrRefused to what trying again will not cure.
func classify(err error) error {
	if !refused(err) {
		return err
	}
	return fmt.Errorf("%w: %w", relay.ErrRefused, err)
}

func refused(err error) bool {
	var untrusted *tls.CertificateVerificationError
	return errors.As(err, &untrusted) || slices.ContainsFunc(refusals(), func(r error) bool { return errors.Is(err, r) })
}

// refusals are the answers of a broker that say no. That of an unknown topic is
// one of them: the library asks several times, for a new leader to be known.
func refusals() []error {
	return []error{
		sarama.ErrSASLAuthenticationFailed, sarama.ErrUnsupportedSASLMechanism, sarama.ErrIllegalSASLState,
		sarama.ErrTopicAuthorizationFailed, sarama.ErrClusterAuthorizationFailed, sarama.ErrTransactionalIDAuthorizationFailed,
		sarama.ErrUnknownTopicOrPartition, sarama.ErrInvalidTopic, sarama.ErrPolicyViolation,
		sarama.ErrMessageSizeTooLarge, sarama.ErrUnsupportedVersion, sarama.ErrUnsupportedForMessageFormat,
	}
}
