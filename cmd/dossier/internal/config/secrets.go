package config

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dossier/application/access"
	"dossier/domain/kyc"
)

// advisedLength is how many characters a secret should have at least.
const advisedLength = 16

// parseSecret reads one secret. A short one is let through with a warning: it
// may have been given by the other side.
func parseSecret(e entry, n *notes) (Secret, bool) {
	switch {
	case e.text == "":
		n.faultIn(e.number, "the secret is empty")
		return Secret{}, false
	case !utf8.ValidString(e.text) || strings.ContainsFunc(e.text, invisible):
		n.faultIn(e.number, "the secret has control characters, or others that can't be seen")
		return Secret{}, false
	}
	warnIfShort(e, n)
	return NewSecret(e.text), true
}

func warnIfShort(e entry, n *notes) {
	if utf8.RuneCountInString(e.text) < advisedLength {
		n.warnIn(e.number, "the secret is shorter than 16 characters")
	}
}

// invisible finds what comes along when a secret is copied from a page, such
// as a zero-width space, and would then never match.
func invisible(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// parseWebhookSecrets reads app=secret entries. The secrets of an app keep
// their order.
func parseWebhookSecrets(v value, n *notes) map[kyc.App][]Secret {
	secrets := map[kyc.App][]Secret{}
	holder := map[Secret]kyc.App{}
	for _, r := range assignments(v, "app=secret", n, parseSecret) {
		if other, ok := holder[r.value]; ok && other != r.app {
			n.warnIn(r.entry, "an entry before it has the same secret for another app")
		}
		holder[r.value] = r.app
		if !slices.Contains(secrets[r.app], r.value) {
			secrets[r.app] = append(secrets[r.app], r.value)
		}
	}
	return secrets
}

func parseSigningSecrets(v value, n *notes) []Secret {
	var secrets []Secret
	for _, e := range v.entries(n) {
		if secret, ok := parseSecret(e, n); ok && !slices.Contains(secrets, secret) {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

// parseTokens returns a parser of role:token entries, for tokens that are made
// at a time.
func parseTokens(now time.Time) func(value, *notes) []access.Token {
	return func(v value, n *notes) []access.Token {
		var tokens []access.Token
		for _, e := range v.entries(n) {
			token, ok := parseToken(e, now, n)
			if !ok {
				continue
			}
			i := slices.IndexFunc(tokens, func(t access.Token) bool { return t.Hash == token.Hash })
			switch {
			case i < 0:
				tokens = append(tokens, token)
			case tokens[i].Role != token.Role:
				n.faultIn(e.number, "an entry before it gives the same token another role")
			}
		}
		return tokens
	}
}

func parseToken(e entry, now time.Time, n *notes) (access.Token, bool) {
	name, text, ok := strings.Cut(e.text, ":")
	if !ok {
		n.faultIn(e.number, "role:token is expected")
		return access.Token{}, false
	}
	role, known := access.ParseRole(strings.TrimSpace(name))
	if !known {
		n.faultIn(e.number, "a role is expected before the colon: reader, reviewer, auditor or admin")
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		n.faultIn(e.number, "the token is empty")
		return access.Token{}, false
	case strings.ContainsFunc(text, unsendable):
		n.faultIn(e.number, "the token has characters that an Authorization header can't carry")
		return access.Token{}, false
	}
	warnIfShort(entry{e.number, text}, n)
	return access.TokenOf("", role, text, now), known
}

// unsendable finds what is no visible ASCII character.
func unsendable(r rune) bool { return r <= ' ' || r > '~' }
