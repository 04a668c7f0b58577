package translog

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

var (
	// ErrSignature: a note is not signed by the key that is trusted.
	ErrSignature = errors.New("not signed by the trusted key")
	// ErrKey: a text is not a key.
	ErrKey = errors.New("not a key of a signed note")
)

// Key signs checkpoints. Printing one shows its name alone.
type Key struct {
	signer   note.Signer
	verifier string
}

// NewKey makes a key with a name, which becomes the origin of the log that it
// signs. It returns the secret text to store and the verifier key to publish.
func NewKey(origin string) (secret, verifier string, err error) {
	secret, verifier, err = note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", "", fmt.Errorf("make a key: %w", err)
	}
	return secret, verifier, nil
}

// ParseKey reads a secret text. The error is ErrKey, and repeats nothing.
func ParseKey(secret string) (*Key, error) {
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, ErrKey
	}
	verifier, err := verifierOf(secret)
	if err != nil {
		return nil, ErrKey
	}
	return &Key{signer, verifier}, nil
}

// verifierOf derives the verifier key. The last field of a secret text is the
// algorithm, in one byte, and the seed.
func verifierOf(secret string) (string, error) {
	fields := strings.SplitN(secret, "+", 5) // PRIVATE+KEY+name+hash+seed
	if len(fields) != 5 {
		return "", ErrKey
	}
	seed, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return "", ErrKey
	}
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(fields[2], public)
}

// Origin is the key's name.
func (k *Key) Origin() string { return k.signer.Name() }

// Verifier returns the key that others verify with, as text.
func (k *Key) Verifier() string { return k.verifier }

// String returns the name.
func (k *Key) String() string { return k.Origin() }

// GoString returns the name.
func (k *Key) GoString() string { return k.Origin() }

// Sign signs a text, which must end in a newline.
func (k *Key) Sign(text string) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: text}, k.signer)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return signed, nil
}

// CheckVerifier returns ErrKey for a text that is not a verifier key, or lines of
// them: the key of a log, and then its former keys, each with " until " and how many
// events its checkpoints may cover.
func CheckVerifier(verifiers string) error {
	_, err := parseKeyring(verifiers)
	return err
}

// Open returns the text of a signed note. Verifiers is what CheckVerifier takes.
// The errors are ErrKey for the verifiers and ErrSignature for the note.
func Open(signed []byte, verifiers string) (text string, err error) {
	ring, err := parseKeyring(verifiers)
	if err != nil {
		return "", err
	}
	return ring.open(signed)
}

// OpenCheckpoint returns a signed checkpoint. Verifiers is what CheckVerifier
// takes. The errors are ErrKey, ErrSignature (also for a checkpoint of another log
// than that of the key, and for one that a former key signed too late) and
// ErrMalformed.
func OpenCheckpoint(signed []byte, verifiers string) (Checkpoint, error) {
	ring, err := parseKeyring(verifiers)
	if err != nil {
		return Checkpoint{}, err
	}
	return ring.openCheckpoint(signed)
}

// OpenLost is OpenCheckpoint for a checkpoint of events that the log has lost: a
// former key may have signed it for any number of events. former says that it was
// one.
func OpenLost(signed []byte, verifiers string) (c Checkpoint, former bool, err error) {
	ring, err := parseKeyring(verifiers)
	if err != nil {
		return Checkpoint{}, false, err
	}
	if c, err = ring.lost().openCheckpoint(signed); err != nil {
		return Checkpoint{}, false, err
	}
	return c, c.Origin != ring[0].Name(), nil
}
