package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/access"
	"dossier/application/sessionref"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

// The names under which an installation keeps what it made for itself.
const (
	settingWebhookSecret = "webhook_secret"
	settingSessionRefKey = "session_ref_key"
)

// made is what a start works with beside the configuration.
type made struct {
	secrets map[kyc.App][]string
	refs    sessionref.Key
	// ownSecret is the webhook secret of the default app if no configuration
	// gives one. It is printed at each start, and kept in the database.
	ownSecret string
	// firstToken is an admin's token if none is configured and there never was
	// one. It is printed once, and kept nowhere.
	firstToken string
}

// makeMissing makes what the configuration leaves out, or reads what an earlier
// start made.
func makeMissing(ctx context.Context, store *sqlstore.Store, cfg config.Config) (m made, err error) {
	if m.refs, err = refKey(ctx, store); err != nil {
		return m, err
	}
	m.secrets = map[kyc.App][]string{}
	for app, secrets := range cfg.Secrets {
		m.secrets[app] = revealed(secrets)
	}
	if len(m.secrets) == 0 {
		if m.ownSecret, err = store.Setting(ctx, settingWebhookSecret, randomText()); err != nil {
			return m, err
		}
		m.secrets[kyc.DefaultApp] = []string{m.ownSecret}
	}
	return m, nil
}

// makeFirstToken makes an admin's token if none is configured and there never
// was one; else it returns nothing. It is the last that can fail of a start:
// the token is shown once, and a start that fails shows nothing.
func makeFirstToken(ctx context.Context, store *sqlstore.Store, cfg config.Config) (secret string, err error) {
	if len(cfg.Tokens) > 0 {
		return "", nil
	}
	token, secret := access.NewToken("admin", access.Admin, time.Now())
	first, err := store.AddFirstToken(ctx, token)
	if err != nil || !first {
		return "", err
	}
	return secret, nil
}

// refKey returns the key of session references. It is the same for all who
// share the database, so that their logs can be read together.
func refKey(ctx context.Context, store *sqlstore.Store) (key sessionref.Key, err error) {
	var proposed sessionref.Key
	rand.Read(proposed[:])
	text, err := store.Setting(ctx, settingSessionRefKey, hex.EncodeToString(proposed[:]))
	if err != nil {
		return key, err
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(key) {
		return key, fmt.Errorf("the setting %s is not a key of %d bytes", settingSessionRefKey, len(key))
	}
	copy(key[:], raw)
	return key, nil
}

// randomText returns 192 bits of randomness that need no escaping in a URL.
func randomText() string {
	var raw [24]byte
	rand.Read(raw[:]) // never fails: it crashes the program where it can't be random
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func revealed(secrets []config.Secret) []string {
	texts := make([]string, 0, len(secrets))
	for _, s := range secrets {
		texts = append(texts, s.Reveal())
	}
	return texts
}
