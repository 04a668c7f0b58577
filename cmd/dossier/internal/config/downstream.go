package config

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dossier/adapters/codec"
	"dossier/application/consumer"
	"dossier/domain/kyc"
)

var (
	eventType = regexp.MustCompile(`^[a-z0-9_.]{1,100}$`)
	// notInName is what the name of a consumer group can't have.
	notInName = regexp.MustCompile(`[^a-z0-9._-]+`)
)

// targets are the schemes of what the log can be relayed to.
func targets() []string {
	return []string{"nats", "nats+tls", "kafka", "kafka+tls", "redis", "rediss", "http", "https"}
}

func (l *loader) downstream() Downstream {
	d := Downstream{
		URL:          load(l, "relay", parseTarget),
		Name:         load(l, "relay-name", parseGroupName),
		App:          load(l, "relay-app", parseAppName),
		Types:        load(l, "relay-types", parseTypes),
		From:         load(l, "relay-from", parseStart),
		SessionRef:   load(l, "relay-session-ref", parseSwitch),
		AllowPrivate: load(l, "relay-allow-private", parseSwitch),
		Secrets:      load(l, "receiver-secrets", parseSigningSecrets),
		Waits:        load(l, "receiver-waits", parseWaits),
	}
	if d.Name == "" && d.URL != (Secret{}) {
		d.Name = nameOfTarget(d.URL.Reveal())
	}
	return d
}

// parseTarget reads a URL as far as it is the same for all targets. What it
// means to one of them is the matter of its adapter.
func parseTarget(v value, n *notes) Secret {
	u, err := url.Parse(v.text)
	switch {
	case err != nil: // whose text repeats the URL
		n.fault("not a valid URL; special characters of the user and the password have to be percent-encoded")
		return Secret{}
	case !slices.Contains(targets(), u.Scheme):
		n.fault("a URL is expected whose scheme is one of " + strings.Join(targets(), ", "))
	case u.Host == "":
		n.fault("the URL has no host")
	case misread(u):
		n.fault("there is a @, # or stray % behind the host; special characters of the user and the password have to be percent-encoded")
	case !validPort(u):
		n.fault("the port is not a number from 1 to 65535")
	}
	return NewSecret(v.text)
}

// nameOfTarget makes the name of a relay from where it leads to. Who it logs in
// as is no part of it, so a new password does not make a new relay. The path of a
// receiver may be a secret: the name has its hash.
func nameOfTarget(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "" // a fault, told already
	}
	place := u.Path
	if strings.HasPrefix(u.Scheme, "http") {
		hash := sha256.Sum256([]byte(u.RequestURI()))
		place = "-" + hex.EncodeToString(hash[:4])
	}
	name := notInName.ReplaceAllString(strings.ToLower(u.Scheme+"-"+u.Host+place), "-")
	return strings.TrimRight(name[:min(len(name), 100)], "-")
}

func parseGroupName(v value, n *notes) string {
	if err := consumer.CheckName(v.text); err != nil {
		n.fault(err.Error())
	}
	return v.text
}

func parseAppName(v value, n *notes) kyc.App {
	app, err := kyc.ParseApp(v.text)
	if err != nil { // whose text repeats the app
		n.fault("an app of 1 to 40 characters from a-z, 0-9 and - is expected")
	}
	return app
}

func parseTypes(v value, n *notes) []string {
	var types []string
	for _, e := range v.entries(n) {
		if !eventType.MatchString(e.text) {
			n.faultIn(e.number, "the name of an event type is expected, such as kyc.status_changed.v1")
			continue
		}
		if !slices.Contains(codec.Names(), e.text) {
			n.warnIn(e.number, "this program writes no events of that type")
		}
		if !slices.Contains(types, e.text) {
			types = append(types, e.text)
		}
	}
	return types
}

func parseStart(v value, n *notes) consumer.Start {
	switch v.text {
	case "beginning":
		return consumer.Beginning()
	case "end":
		return consumer.End()
	}
	position, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil || position < 0 {
		n.fault("beginning, end or the number of a position is expected")
	}
	return consumer.After(position)
}

func parseWaits(v value, n *notes) []time.Duration {
	var waits []time.Duration
	for _, e := range v.entries(n) {
		wait, err := time.ParseDuration(e.text)
		if err != nil || wait <= 0 {
			n.faultIn(e.number, "a duration above 0s is expected, such as 10s, 2m30s or 1h")
		}
		waits = append(waits, wait)
	}
	return waits
}

func parseSwitch(v value, n *notes) bool {
	on, err := strconv.ParseBool(v.text)
	if err != nil {
		n.fault("true or false is expected")
	}
	return on
}
