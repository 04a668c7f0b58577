package config_test

import (
	"strings"
	"testing"
	"time"

	"dossier/application/consumer"
	"dossier/cmd/dossier/internal/config"
)

func TestDownstream(t *testing.T) {
	c := loaded(t, "DOSSIER_RELAY=nats://u:pass@h:4222/my.events?replicas=3", "DOSSIER_RELAY_NAME=to-nats", "DOSSIER_RELAY_APP=default",
		"DOSSIER_RELAY_TYPES=kyc.status_changed.v1,kyc.session_reset.v1,kyc.status_changed.v1", "DOSSIER_RELAY_FROM=12",
		"DOSSIER_RELAY_SESSION_REF=true", "DOSSIER_RELAY_ALLOW_PRIVATE=1", "DOSSIER_RECEIVER_SECRETS=whsec_0123456789abcdef",
		"DOSSIER_RECEIVER_WAITS=1s, 1h30m")

	same(t, "downstream", c.Downstream, config.Downstream{
		URL: config.NewSecret("nats://u:pass@h:4222/my.events?replicas=3"), Name: "to-nats", App: "default",
		Types: []string{"kyc.status_changed.v1", "kyc.session_reset.v1"}, From: consumer.After(12),
		SessionRef: true, AllowPrivate: true, Secrets: []config.Secret{config.NewSecret("whsec_0123456789abcdef")},
		Waits: []time.Duration{time.Second, 90 * time.Minute},
	})
}

// The command that does nothing else has shorter words for the same.
func TestDownstreamFlagsHaveAliases(t *testing.T) {
	long, err := config.Load(flags(t, "--relay=https://h/x", "--relay-name=a", "--relay-app=b", "--relay-types=kyc.session_reset.v1",
		"--relay-from=end", "--relay-session-ref", "--relay-allow-private=true"), environment())
	if err != nil {
		t.Fatal(err)
	}
	short, err := config.Load(flags(t, "--session-ref", "--to=https://h/x", "--name", "a", "--app=b", "--type=kyc.session_reset.v1",
		"--from=end", "--allow-private"), environment())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "by aliases", short.Downstream, long.Downstream)
	equal(t, "session ref", short.Downstream.SessionRef, true)
	equal(t, "from", short.Downstream.From, consumer.End())
}

func TestASwitchTakesAValueOnlyAfterAnEqualsSign(t *testing.T) {
	c, err := config.Load(flags(t, "--session-ref=false", "--allow-private", "--to", "https://h/x"), environment("DOSSIER_RELAY_SESSION_REF=true"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "session ref", c.Downstream.SessionRef, false)
	equal(t, "allow private", c.Downstream.AllowPrivate, true)
	equal(t, "URL", c.Downstream.URL.Reveal(), "https://h/x")
}

// A relay that was given no name finds its place again, with another password
// as well.
func TestARelayIsNamedByWhereItLeads(t *testing.T) {
	for target, want := range map[string]string{
		"nats://u:secret-password@127.0.0.1:4222/dossier.events?replicas=3": "nats-127.0.0.1-4222-dossier.events",
		"https://hooks.Example.com/In/Box?key=secret-password":              "https-hooks.example.com-1d112d36",
		"redis://[::1]:6379/":                       "redis--1-6379",
		"kafka://" + strings.Repeat("k", 200) + "/": "kafka-" + strings.Repeat("k", 94),
	} {
		name := loaded(t, "DOSSIER_RELAY="+target).Downstream.Name
		equal(t, target, name, want)
		if err := consumer.CheckName(name); err != nil {
			t.Error(err)
		}
	}
}

func TestATypeThatNoEventHasIsWarnedOf(t *testing.T) {
	c := loaded(t, "DOSSIER_RELAY_TYPES=kyc.status_changd.v1")
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "DOSSIER_RELAY_TYPES") {
		t.Errorf("got %q", c.Warnings)
	}
}
