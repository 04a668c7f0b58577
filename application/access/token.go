package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dossier/domain/kyc"
)

// Token is what is kept of a bearer token: never the token itself.
type Token struct {
	ID        string // short, from the hash: safe to show
	Name      string // whom it was made for; shown wherever a person decided
	Role      Role
	Hash      [sha256.Size]byte
	CreatedAt time.Time
}

// MaxName is how many characters a name has at most.
const MaxName = 100

// ErrName is the error of a name that can't stand beside a decision.
var ErrName = errors.New("a name is expected that says who decides: 1 to 100 printable characters, without spaces around it, and not dossier, which stands beside what Dossier decides by itself")

// CheckName returns ErrName for a name that would tell nobody who decided, or the
// wrong one.
func CheckName(name string) error {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if name == "" || name != strings.TrimSpace(name) || !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxName ||
		strings.ContainsFunc(name, unprintable) || strings.EqualFold(name, kyc.HealedBy) || strings.EqualFold(name, kyc.ReconciledBy) {
		return ErrName
	}
	return nil
}

// prefix lets secret scanners, and people, recognise a token of ours.
const prefix = "dossier_"

// NewToken makes a token with 256 bits of randomness. The secret is shown once
// and kept nowhere.
func NewToken(name string, role Role, now time.Time) (t Token, secret string) {
	var raw [32]byte
	rand.Read(raw[:]) // never fails: it crashes the program where it can't be random
	secret = prefix + base64.RawURLEncoding.EncodeToString(raw[:])
	return TokenOf(name, role, secret, now), secret
}

// TokenOf returns what is kept of a secret that was chosen elsewhere. Without a
// name it is named after its role and id.
func TokenOf(name string, role Role, secret string, now time.Time) Token {
	hash := sha256.Sum256([]byte(secret))
	id := hex.EncodeToString(hash[:4])
	if name == "" {
		name = role.String() + "-" + id
	}
	return Token{ID: id, Name: name, Role: role, Hash: hash, CreatedAt: now}
}
