package receiver

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	secretPrefix = "whsec_"
	// The lengths that Standard Webhooks gives a key, in bytes.
	minKey = 24
	maxKey = 64
	// newKey is the length of the keys that are made here: that of the hash.
	newKey = 32
)

var (
	errNoSecret = errors.New("a receiver needs a secret to sign by")
	errSecret   = fmt.Errorf("%s and %d to %d bytes in base64 are expected", secretPrefix, minKey, maxKey)
)

// NewSecret makes a secret, to be given to both sides.
func NewSecret() string {
	key := make([]byte, newKey)
	_, _ = rand.Read(key) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// CheckSecret says what is wrong with a secret, without repeating it.
func CheckSecret(secret string) error {
	_, err := keyOf(secret)
	return err
}

func keyOf(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(key) < minKey || len(key) > maxKey || strings.ContainsAny(text, "\r\n") {
		return nil, errSecret
	}
	return key, nil
}

func newSigners(secrets []string) ([]*standardwebhooks.Webhook, error) {
	if len(secrets) == 0 {
		return nil, errNoSecret
	}
	signers := make([]*standardwebhooks.Webhook, len(secrets))
	for i, secret := range secrets {
		key, err := keyOf(secret)
		if err != nil {
			return nil, fmt.Errorf("secret %d of the receiver: %w", i+1, err)
		}
		if signers[i], err = standardwebhooks.NewWebhookRaw(key); err != nil {
			return nil, fmt.Errorf("secret %d of the receiver: %w", i+1, errSecret)
		}
	}
	return signers, nil
}

// sign returns the signatures of all signers, separated by spaces.
func sign(signers []*standardwebhooks.Webhook, id string, at time.Time, body []byte) (string, error) {
	signatures := make([]string, len(signers))
	for i, s := range signers {
		signature, err := s.Sign(id, at, body)
		if err != nil {
			return "", errors.New("the delivery can't be signed")
		}
		signatures[i] = signature
	}
	return strings.Join(signatures, " "), nil
}
