package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dossier/application/relay"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

// tableVariables returns the variables of the table, in its order.
func tableVariables() []string {
	var names []string
	for _, cells := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` ").FindAllStringSubmatch(config.Table(), -1) {
		names = append(names, cells[1])
	}
	return names
}

func TestTheSettingsAreThoseOfTheDesign(t *testing.T) {
	want := []string{
		"DOSSIER_DATABASE_URL", "DOSSIER_LISTEN", "DOSSIER_WEBHOOK_SECRETS", "DOSSIER_API_TOKENS",
		"DOSSIER_REQUIRED_SERVICES", "DOSSIER_APP_KINDS", "DOSSIER_HEAL_WINDOW", "DOSSIER_LOG_LEVEL",
		"DOSSIER_LOG_FORMAT", "DOSSIER_RELAY_HEADER_PREFIX", "DOSSIER_RELAY_SIGNING_SECRETS",
		"DOSSIER_WEBHOOK_ALLOW_IPS", "DOSSIER_TRUSTED_PROXIES", "DOSSIER_LOG_KEY_FILE",
		"DOSSIER_RELAY", "DOSSIER_RELAY_NAME", "DOSSIER_RELAY_APP", "DOSSIER_RELAY_TYPES", "DOSSIER_RELAY_FROM",
		"DOSSIER_RELAY_SESSION_REF", "DOSSIER_RELAY_ALLOW_PRIVATE", "DOSSIER_RECEIVER_SECRETS", "DOSSIER_RECEIVER_WAITS",
		"DOSSIER_SYNAPS_API_KEYS", "DOSSIER_SYNAPS_BASE_URL", "DOSSIER_SYNAPS_REQUESTS_PER_MINUTE", "DOSSIER_PROVIDER_LAG",
		"DOSSIER_RECONCILE_AFTER",
	}
	if got := tableVariables(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEveryRowOfTheTableIsComplete(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(config.Table()), "\n")[2:]
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		if len(cells) != 4 || slices.Contains(cells, "") || cells[3] == " |" {
			t.Errorf("want four cells with text, got %q", row)
		}
	}
}

// The default stands in a tag, which can't name the domain's constant.
func TestTheHealWindowOfTheTableIsTheDomains(t *testing.T) {
	if want := "`" + kyc.DefaultHealWindow.String() + "`"; !strings.Contains(config.Table(), want) {
		t.Errorf("the table does not have %s", want)
	}
}

func TestTheWaitsOfTheTableAreTheRelays(t *testing.T) {
	same(t, "waits", loaded(t).Downstream.Waits, relay.DefaultWaits())
}

func TestReadmeHasTheConfigurationTable(t *testing.T) {
	readme, err := os.ReadFile("../../../../README.md")
	if err != nil {
		t.Fatalf("%v: it should hold this table:\n\n%s", err, config.Table())
	}
	if !strings.Contains(string(readme), config.Table()) {
		t.Errorf("README.md does not hold the table of the configuration as it is now; paste this into it:\n\n%s", config.Table())
	}
}
