package config_test

import (
	"log/slog"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"dossier/application/access"
	"dossier/application/relay"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

func TestWithoutSettingsThereAreDefaults(t *testing.T) {
	want := config.Config{
		Database: config.Database{Kind: config.SQLite, SQLitePath: "dossier.db"},
		Listen:   "127.0.0.1:8080",
		Rules:    kyc.RuleBook{Default: kyc.Rules{HealWindow: kyc.DefaultHealWindow}, Apps: map[kyc.App]kyc.Rules{}},
		Log:      config.Log{Level: slog.LevelInfo, Format: config.JSON},
		Relay:    config.Relay{HeaderPrefix: "x-hookdeck"},

		Downstream: config.Downstream{Waits: relay.DefaultWaits()},
		Synaps:     config.Synaps{BaseURL: "https://api.synaps.io/v4", RequestsPerMinute: 500, Lag: kyc.DefaultProviderLag, After: 24 * time.Hour},
	}
	same(t, "configuration", loaded(t), want)
}

// same compares what [config.Config] would print alike.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func TestAFlagGoesBeforeAVariableAndThatBeforeTheDefault(t *testing.T) {
	variables := environment("DOSSIER_LISTEN=:1111", "DOSSIER_LOG_LEVEL=debug", "DOSSIER_WEBHOOK_SECRETS=a=of-the-environment")
	c, err := config.Load(flags(t, "--listen=:2222", "--webhook-secrets", "b=of-the-command-line"), variables)

	if err != nil {
		t.Fatal(err)
	}
	equal(t, "listen, by flag", c.Listen, ":2222")
	equal(t, "log level, by variable", c.Log.Level, slog.LevelDebug)
	equal(t, "heal window, by default", c.Rules.Default.HealWindow, 30*time.Second)
	same(t, "secrets, by flag", c.Secrets, map[kyc.App][]config.Secret{"b": {config.NewSecret("of-the-command-line")}})
}

func TestTheFirstOfSeveralVariablesCounts(t *testing.T) {
	equal(t, "listen", loaded(t, "DOSSIER_LISTEN=:1111", "DOSSIER_LISTEN=:2222").Listen, ":1111")
}

func TestDatabases(t *testing.T) {
	for text, want := range map[string]config.Database{
		"sqlite:dossier.db":              {Kind: config.SQLite, SQLitePath: "dossier.db"},
		"sqlite:/var/lib/my dossier.db":  {Kind: config.SQLite, SQLitePath: "/var/lib/my dossier.db"},
		"postgres://u:p@h:5432/db":       {Kind: config.Postgres, PostgresURL: config.NewSecret("postgres://u:p@h:5432/db")},
		"postgresql:///db?host=/var/run": {Kind: config.Postgres, PostgresURL: config.NewSecret("postgresql:///db?host=/var/run")},
		"postgres://u:a%40%2F@h/db":      {Kind: config.Postgres, PostgresURL: config.NewSecret("postgres://u:a%40%2F@h/db")},
		"postgres://h1:1,h2:2/db":        {Kind: config.Postgres, PostgresURL: config.NewSecret("postgres://h1:1,h2:2/db")},
	} {
		got := loaded(t, "DOSSIER_DATABASE_URL="+text).Database
		equal(t, text, got.Kind, want.Kind)
		equal(t, text, got.SQLitePath, want.SQLitePath)
		equal(t, text, got.PostgresURL.Reveal(), want.PostgresURL.Reveal())
	}
}

func TestAddressesToServeOn(t *testing.T) {
	for _, text := range []string{":0", ":8080", "0.0.0.0:80", "[::1]:80", "localhost:65535", "dossier.internal:80", "a:0"} {
		equal(t, text, loaded(t, "DOSSIER_LISTEN="+text).Listen, text)
	}
}

func TestSecretsOfAnAppAreAllKept(t *testing.T) {
	c := loaded(t, "DOSSIER_WEBHOOK_SECRETS=default=first=with=equals==, default=second-secret-x,other= third-secret-xy ,default=second-secret-x")

	same(t, "secrets", c.Secrets, map[kyc.App][]config.Secret{
		"default": {config.NewSecret("first=with=equals=="), config.NewSecret("second-secret-x")},
		"other":   {config.NewSecret("third-secret-xy")},
	})
}

func TestAListGivenByFlagTwiceGrows(t *testing.T) {
	c, err := config.Load(flags(t, "--app-kinds=a=individual", "--listen=:1", "--app-kinds", "b=corporate", "--listen=:2"), environment())

	if err != nil {
		t.Fatal(err)
	}
	equal(t, "a", c.Rules.For("a").Pinned, kyc.KindIndividual)
	equal(t, "b", c.Rules.For("b").Pinned, kyc.KindCorporate)
	equal(t, "of a single value the last counts", c.Listen, ":2")
}

func TestTokensAreKeptAsHashes(t *testing.T) {
	c := loaded(t, "DOSSIER_API_TOKENS=reader:with:colons-and=signs,admin:another-long-token,reader:with:colons-and=signs")

	same(t, "tokens", c.Tokens, []access.Token{
		access.TokenOf("", access.Reader, "with:colons-and=signs", now),
		access.TokenOf("", access.Admin, "another-long-token", now),
	})
}

func TestEveryAppThatIsNamedHasItsRules(t *testing.T) {
	c := loaded(t, "DOSSIER_HEAL_WINDOW=2m", "DOSSIER_WEBHOOK_SECRETS=a=0123456789abcdef",
		"DOSSIER_APP_KINDS=b=corporate,c=individual", "DOSSIER_REQUIRED_SERVICES=c=LIVENESS+ID_DOCUMENT+LIVENESS,d=X9_OWN")

	same(t, "rules", c.Rules, kyc.RuleBook{
		Default: kyc.Rules{HealWindow: 2 * time.Minute},
		Apps: map[kyc.App]kyc.Rules{
			"a": {HealWindow: 2 * time.Minute},
			"b": {HealWindow: 2 * time.Minute, Pinned: kyc.KindCorporate},
			"c": {HealWindow: 2 * time.Minute, Pinned: kyc.KindIndividual, Required: []kyc.Service{"LIVENESS", "ID_DOCUMENT"}},
			"d": {HealWindow: 2 * time.Minute, Required: []kyc.Service{"X9_OWN"}},
		},
	})
}

func TestNoHealWindowIsAWindow(t *testing.T) {
	equal(t, "heal window", loaded(t, "DOSSIER_HEAL_WINDOW=0s").Rules.Default.HealWindow, 0)
	equal(t, "heal window", loaded(t, "DOSSIER_HEAL_WINDOW=0").Rules.Default.HealWindow, 0)
}

func TestNetworks(t *testing.T) {
	c := loaded(t, "DOSSIER_WEBHOOK_ALLOW_IPS=192.0.2.7, 10.0.0.0/8,2001:db8::/32,2001:db8::1,::ffff:192.0.2.7", "DOSSIER_TRUSTED_PROXIES=127.0.0.1")

	same(t, "allowed", c.AllowIPs, []netip.Prefix{
		netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2001:db8::1/128"),
	})
	same(t, "trusted", c.TrustedProxies, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
}

func TestRelay(t *testing.T) {
	c := loaded(t, "DOSSIER_RELAY_HEADER_PREFIX=X-Acme", "DOSSIER_RELAY_SIGNING_SECRETS=new-signing-secret,old=signing:secret,new-signing-secret")

	same(t, "relay", c.Relay, config.Relay{
		HeaderPrefix:   "x-acme",
		SigningSecrets: []config.Secret{config.NewSecret("new-signing-secret"), config.NewSecret("old=signing:secret")},
	})
}
