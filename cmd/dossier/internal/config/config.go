package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"dossier/application/access"
	"dossier/application/consumer"
	"dossier/domain/kyc"
)

// Config is what the settings mean. Printing one gives a summary without
// secrets, whatever the verb.
type Config struct {
	Database Database
	Listen   string // host:port; port 0 takes a free one

	// Secrets are those of each app's webhooks, all of them valid. Empty: one
	// is to be made for [kyc.DefaultApp].
	Secrets map[kyc.App][]Secret
	// Tokens are those of the API. Empty: one is to be made for an admin.
	Tokens []access.Token
	// Rules hold those of every app that any setting names.
	Rules kyc.RuleBook
	Log   Log
	Relay Relay

	AllowIPs       []netip.Prefix // that may send webhooks; empty: any
	TrustedProxies []netip.Prefix // whose word on a sender's address is taken

	Downstream Downstream
	Synaps     Synaps

	LogKeyFile string // of the key of the transparency log; empty: beside the database

	// Warnings are what looks wrong and stops nothing, one line each.
	Warnings []string
}

// Relay says what is expected of the relay that delivers the webhooks.
type Relay struct {
	HeaderPrefix   string   // lower case, without the dash after it
	SigningSecrets []Secret // empty: signatures are not checked
}

// Downstream says where the log is relayed to, and what of it.
type Downstream struct {
	URL          Secret // it may hold a password; zero: nothing is relayed
	Name         string // of the relay
	App          kyc.App
	Types        []string       // empty: all
	From         consumer.Start // of a relay that has no place yet
	SessionRef   bool
	AllowPrivate bool
	Secrets      []Secret        // of a receiver. Empty: one is to be made
	Waits        []time.Duration // between the attempts of a receiver
}

// Synaps says how the provider's API is asked.
type Synaps struct {
	Keys              map[kyc.App]Secret // empty: it is not asked
	BaseURL           string
	RequestsPerMinute int
	Lag               time.Duration // by which its API may be behind its webhooks; 0: none
	After             time.Duration // until an unsettled session is asked for; 0: never
}

// LogValue returns a summary that holds no secret, and of the database's URL
// and of the apps no more than their kind and number.
func (c Config) LogValue() slog.Value {
	database := c.Database.Kind.String()
	if c.Database.Kind == SQLite {
		database += ":" + c.Database.SQLitePath
	}
	return slog.GroupValue(
		slog.String("database", database),
		slog.String("listen", c.Listen),
		slog.Int("apps", len(c.Rules.Apps)),
		slog.Int("tokens", len(c.Tokens)),
		slog.String("heal_window", c.Rules.Default.HealWindow.String()),
		slog.String("log_level", c.Log.Level.String()),
		slog.String("log_format", c.Log.Format.String()),
		slog.String("relay_header_prefix", c.Relay.HeaderPrefix),
		slog.Bool("relay_signed", len(c.Relay.SigningSecrets) > 0),
		slog.Int("allow_ips", len(c.AllowIPs)),
		slog.Int("trusted_proxies", len(c.TrustedProxies)),
		slog.String("relay", c.Downstream.Name),
		slog.Int("api_keys", len(c.Synaps.Keys)),
	)
}

// Format prints the summary for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.LogValue().String()) }

// MarshalText returns the summary.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.LogValue().String()), nil }
