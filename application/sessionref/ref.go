// Package sessionref makes references to sessions that may be logged: a
// session id opens a person's verification page, a reference opens nothing.
package sessionref

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"dossier/domain/kyc"
)

// length is that of a reference in characters: 80 bits of the hash, for which
// two sessions of a billion collide with a chance below one in a million.
const length = 16

// Key makes references that only its holder can make. The zero value works,
// but anyone can make its references.
type Key [32]byte

// Of returns the reference of a session: 16 characters from a-z and 2-7, the
// same for the same key, app and session.
func (k Key) Of(app kyc.App, session kyc.SessionID) string {
	mac := hmac.New(sha256.New, k[:])
	// An app never contains the separator, so no two pairs share their text.
	mac.Write([]byte(string(app) + "/" + string(session)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)))[:length]
}
