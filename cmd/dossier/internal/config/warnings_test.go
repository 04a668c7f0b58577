package config_test

import (
	"slices"
	"testing"

	"dossier/cmd/dossier/internal/config"
)

func TestWarnings(t *testing.T) {
	const good = "DOSSIER_WEBHOOK_SECRETS=default=0123456789abcdef,b=fedcba9876543210"
	for name, c := range map[string]struct {
		variables []string
		want      []string
	}{
		"nothing to say": {[]string{good, "PATH=/bin", "DOSSIERS=1"}, nil},
		"short secrets": {
			[]string{"DOSSIER_WEBHOOK_SECRETS=a=0123456789abcde,a=0123456789abcdef", "DOSSIER_API_TOKENS=admin:short", "DOSSIER_RELAY_SIGNING_SECRETS=0123456789abcdef,x"},
			[]string{
				"DOSSIER_WEBHOOK_SECRETS (--webhook-secrets): entry 1: the secret is shorter than 16 characters",
				"DOSSIER_API_TOKENS (--api-tokens): entry 1: the secret is shorter than 16 characters",
				"DOSSIER_RELAY_SIGNING_SECRETS (--relay-signing-secrets): entry 2: the secret is shorter than 16 characters",
			},
		},
		"one secret for two apps": {
			[]string{"DOSSIER_WEBHOOK_SECRETS=a=0123456789abcdef,b=0123456789abcdef"},
			[]string{"DOSSIER_WEBHOOK_SECRETS (--webhook-secrets): entry 2: an entry before it has the same secret for another app"},
		},
		"rules for an app without a secret": {
			[]string{good, "DOSSIER_APP_KINDS=default=individual,c=corporate", "DOSSIER_REQUIRED_SERVICES=d=AML,b=AML"},
			[]string{
				"DOSSIER_REQUIRED_SERVICES (--required-services): entry 1: DOSSIER_WEBHOOK_SECRETS has no secret for this app",
				"DOSSIER_APP_KINDS (--app-kinds): entry 2: DOSSIER_WEBHOOK_SECRETS has no secret for this app",
			},
		},
		"rules while no secret is configured": {[]string{"DOSSIER_APP_KINDS=c=corporate"}, nil},
		"a misspelt service": {
			[]string{"DOSSIER_REQUIRED_SERVICES=a=AML+LIVENES,b=SOMETHING_NEW"},
			[]string{"DOSSIER_REQUIRED_SERVICES (--required-services): entry 1: service 2 is unknown, and would never be approved if LIVENESS is meant"},
		},
		"networks that may not be meant": {
			[]string{"DOSSIER_WEBHOOK_ALLOW_IPS=10.0.0.1/8", "DOSSIER_TRUSTED_PROXIES=127.0.0.1,::/0"},
			[]string{
				"DOSSIER_WEBHOOK_ALLOW_IPS (--webhook-allow-ips): entry 1: the address has bits that the length of its network cuts off",
				"DOSSIER_TRUSTED_PROXIES (--trusted-proxies): entry 2: this network is every address there is",
			},
		},
		"a guard that is empty": {
			[]string{"DOSSIER_RELAY_SIGNING_SECRETS=", "DOSSIER_LISTEN="},
			[]string{"DOSSIER_RELAY_SIGNING_SECRETS (--relay-signing-secrets): set but empty, which counts as not set"},
		},
		"unknown variables": {
			[]string{"DOSSIER_DATABSE_URL=sqlite:x", "DOSSIER_API_TOKEN_FILE=/x", "dossier_listen=:1", "DOSSIER_COLOUR=1", "DOSSIER_DATABSE_URL=again"},
			[]string{
				`the variable "DOSSIER_API_TOKEN_FILE" is unknown: did you mean DOSSIER_API_TOKENS_FILE?`,
				`the variable "DOSSIER_COLOUR" is unknown`,
				`the variable "DOSSIER_DATABSE_URL" is unknown: did you mean DOSSIER_DATABASE_URL?`,
				`the variable "dossier_listen" is unknown: did you mean DOSSIER_LISTEN?`,
			},
		},
		"variables of others": {
			[]string{
				"DOSSIER_TEST_POSTGRES_URL=x", "DOSSIER_SERVICE_HOST=10.0.0.1", "DOSSIER_SERVICE_PORT_HTTP=80",
				"DOSSIER_PORT=tcp://10.0.0.1:80", "DOSSIER_PORT_80_TCP_ADDR=10.0.0.1",
			},
			nil,
		},
	} {
		if got := loaded(t, c.variables...).Warnings; !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, c.want)
		}
	}
}

func TestWarningsComeWithFaultsToo(t *testing.T) {
	c, err := config.Load(&command{}, environment("DOSSIER_LISTEN=80", "DOSSIER_LOG_LEVLE=info", "DOSSIER_LOG_FORMAT=text"))

	if err == nil {
		t.Error("there is no fault")
	}
	equal(t, "warnings", len(c.Warnings), 1)
	equal(t, "format of their log", c.Log.Format, config.Text)
}
