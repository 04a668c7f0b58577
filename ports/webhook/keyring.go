package webhook

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"strings"

	"dossier/domain/kyc"
)

// digest is the SHA-256 of a secret. Digests are compared instead of secrets:
// they are all of one length, so not even the length of a secret shows.
type digest = [sha256.Size]byte

// keyring holds the secrets of every app, each app's list of the same length.
type keyring struct {
	apps    map[kyc.App][]digest
	unknown []digest // of an app that does not exist
}

func newKeyring(secrets map[kyc.App][]string) keyring {
	longest := 0
	for _, ofApp := range secrets {
		longest = max(longest, len(ofApp))
	}
	k := keyring{apps: make(map[kyc.App][]digest, len(secrets)), unknown: padded(nil, longest)}
	for app, ofApp := range secrets {
		k.apps[app] = padded(ofApp, longest)
	}
	return k
}

// padded returns the digests of the secrets, and random ones up to a length.
// Nothing hashes to those that anyone could find, and they make the work for
// every app the same.
func padded(secrets []string, length int) []digest {
	digests := make([]digest, length)
	for i := range digests {
		if i < len(secrets) {
			digests[i] = sha256.Sum256([]byte(secrets[i]))
		} else {
			rand.Read(digests[i][:])
		}
	}
	return digests
}

// authentic says that a secret is one of the app's. It always compares as many
// digests, whichever matches and whether or not the app exists.
func (k keyring) authentic(app kyc.App, secret string) bool {
	digests, known := k.apps[app]
	if !known {
		digests = k.unknown
	}
	presented := sha256.Sum256([]byte(secret))
	match := 0
	for i := range digests {
		match |= subtle.ConstantTimeCompare(digests[i][:], presented[:])
	}
	return match == 1
}

// secretOf returns the first parameter `secret` of a query, empty if there is
// none. It is [url.ParseQuery] for this one parameter, without the map of all:
// what can't be decoded is passed over.
func secretOf(query string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if strings.Contains(pair, ";") {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if !isSecret(name) {
			continue
		}
		if secret, err := url.QueryUnescape(value); err == nil {
			return secret
		}
	}
	return ""
}

func isSecret(name string) bool {
	plain, err := url.QueryUnescape(name)
	return err == nil && plain == "secret"
}
