package config_test

import (
	"strings"
	"testing"

	"dossier/cmd/dossier/internal/config"
)

type wrong struct {
	name  string // of the flag
	value string
	want  string // a part of the problem
}

// wrongs has each setting wrong in each way.
func wrongs() []wrong {
	const (
		database  = "sqlite:PATH or postgres://... is expected"
		encode    = "have to be percent-encoded"
		hostPort  = "host:port is expected"
		port      = "the port is not a number from 0 to 65535"
		app       = "entry 1: an app of 1 to 40 characters"
		duration  = "a duration of 0s or more is expected"
		unseen    = "entry 1: the secret has control characters"
		network   = "an IP address or a network is expected"
		services  = "entry 1: services in capitals"
		kinds     = "entry 1: individual or corporate is expected"
		emptyPart = "entry 2: nothing between the commas"
	)
	return []wrong{
		{"database-url", "dossier.db", database},
		{"database-url", "mysql://u:p@h/db", database},
		{"database-url", "host=h user=u password=p", database},
		{"database-url", "sqlite:", "the path of a file is expected"},
		{"database-url", "sqlite::memory:", "a database in memory"},
		{"database-url", "sqlite:file::memory:?cache=shared", "a database in memory"},
		{"database-url", "sqlite://dossier.db", "not by slashes"},
		{"database-url", "sqlite:data/", "this is a folder"},
		{"database-url", "sqlite:a.db?mode=ro", "options behind it"},
		{"database-url", "sqlite:a\nb.db", "characters that a file's name should not have"},
		{"database-url", "postgres://u:p%zz@h/db", encode},
		{"database-url", "postgres://u:p#ss@h/db", encode},
		{"database-url", "postgres://u:12/34@h/db", encode},
		{"database-url", "postgres://u:12?34@h/db", encode},
		{"database-url", "postgres://u:12#34@h/db", encode},
		{"database-url", "postgres://h/db?sslmode=%zz", encode},
		{"database-url", "postgres://h:99999/db", "from 1 to 65535"},

		{"listen", "8080", hostPort},
		{"listen", "localhost", hostPort},
		{"listen", "::1:8080", hostPort},
		{"listen", "localhost:http", port},
		{"listen", "localhost:", port},
		{"listen", ":65536", port},
		{"listen", ":-1", port},
		{"listen", "a b:80", "the host is neither"},
		{"listen", "[fe80::zz]:80", "the host is neither"},

		{"webhook-secrets", "no-equals-sign", "entry 1: app=secret is expected"},
		{"webhook-secrets", "a=0123456789abcdef,b", "entry 2: app=secret is expected"},
		{"webhook-secrets", "a=", "entry 1: the secret is empty"},
		{"webhook-secrets", "=secret", app},
		{"webhook-secrets", "My App=secret", app},
		{"webhook-secrets", strings.Repeat("a", 41) + "=secret", app},
		{"webhook-secrets", "a=x\ty", unseen},
		{"webhook-secrets", "a=x\u200by", unseen},
		{"webhook-secrets", "a=x\xff", unseen},
		{"webhook-secrets", "a=x,", emptyPart},

		{"api-tokens", "admin", "entry 1: role:token is expected"},
		{"api-tokens", "root:0123456789abcdef", "entry 1: a role is expected"},
		{"api-tokens", "Admin:0123456789abcdef", "entry 1: a role is expected"},
		{"api-tokens", "admin:", "entry 1: the token is empty"},
		{"api-tokens", "admin:two words", "can't carry"},
		{"api-tokens", "admin:schlüssel", "can't carry"},
		{"api-tokens", "admin:same-token,reader:same-token", "entry 2: an entry before it gives the same token another role"},
		{"api-tokens", "admin:x,,reader:y", emptyPart},

		{"required-services", "LIVENESS", "entry 1: app=SERVICE+SERVICE is expected"},
		{"required-services", "a=", services},
		{"required-services", "a=liveness", services},
		{"required-services", "a=LIVENESS+", services},
		{"required-services", "a=LIVENESS AML", services},
		{"required-services", "A=LIVENESS", app},
		{"required-services", "a=LIVENESS,a=AML", "entry 2: an entry before it is for the same app"},

		{"app-kinds", "individual", "entry 1: app=individual or app=corporate is expected"},
		{"app-kinds", "a=unknown", kinds},
		{"app-kinds", "a=company", kinds},
		{"app-kinds", "a=", kinds},
		{"app-kinds", "a_b=corporate", app},
		{"app-kinds", "a=corporate,a=corporate", "entry 2: an entry before it is for the same app"},

		{"heal-window", "30", duration},
		{"heal-window", "-1s", duration},
		{"heal-window", "soon", duration},

		{"log-level", "trace", "debug, info, warn or error is expected"},
		{"log-level", "INFO+2", "debug, info, warn or error is expected"},
		{"log-format", "logfmt", "text or json is expected"},

		{"relay-header-prefix", "x hookdeck", "the name of a header"},
		{"relay-header-prefix", "x-höokdeck", "the name of a header"},
		{"relay-header-prefix", "x:hookdeck", "the name of a header"},
		{"relay-header-prefix", "x-hookdeck-", "the dash after the prefix"},
		{"relay-signing-secrets", "a,,b", emptyPart},
		{"relay-signing-secrets", "a\x00b", unseen},

		{"webhook-allow-ips", "10.0.0.0/33", "entry 1: " + network},
		{"webhook-allow-ips", "10.0.0.1,example.org", "entry 2: " + network},
		{"webhook-allow-ips", "10.0.0.1 10.0.0.2", network},
		{"webhook-allow-ips", "10.0.0/8", network},
		{"trusted-proxies", "fe80::1%eth0", network},
		{"trusted-proxies", "::ffff:10.0.0.0/104", network},
		{"trusted-proxies", ",10.0.0.1", "entry 1: nothing between the commas"},
		{"log-key-file", "/etc/dossier/", "the path of a file is expected"},
		{"log-key-file", "a\tb", "the path of a file is expected"},

		{"synaps-api-keys", "key-without-app", "entry 1: app=key is expected"},
		{"synaps-api-keys", "a=0123456789abcdef,a=0123456789abcdeg", "entry 2: an entry before it has a key for the same app"},
		{"synaps-base-url", "api.synaps.io", "a URL with https is expected"},
		{"synaps-base-url", "https://u:p@api.synaps.io/v4", "has a user"},
		{"synaps-base-url", "https://api.synaps.io:99999/v4", "from 1 to 65535"},
		{"synaps-requests-per-minute", "0", "a number from 1 to 100000"},
		{"synaps-requests-per-minute", "many", "a number from 1 to 100000"},
		{"provider-lag", "-1s", "a duration from 0s to 24h"},
		{"provider-lag", "25h", "a duration from 0s to 24h"},
		{"provider-lag", "much", "a duration from 0s to 24h"},
		{"reconcile-after", "soon", "a duration of 0s or more"},

		{"relay", "amqp://h/x", "whose scheme is one of nats"},
		{"relay", "localhost:4222", "whose scheme is one of nats"},
		{"relay", "nats:///events", "the URL has no host"},
		{"relay", "nats://u:p%zz@h/x", encode},
		{"relay", "nats://u:p@ss/x@h/x", encode},
		{"relay", "kafka://h:99999/x", "from 1 to 65535"},
		{"relay-name", "A B", "a group's name has"},
		{"relay-app", "Default", "an app of 1 to 40 characters"},
		{"relay-types", "Kyc", "entry 1: the name of an event type"},
		{"relay-from", "-1", "beginning, end or the number"},
		{"relay-from", "middle", "beginning, end or the number"},
		{"relay-session-ref", "perhaps", "true or false is expected"},
		{"relay-allow-private", "perhaps", "true or false is expected"},
		{"receiver-waits", "10s,soon", "entry 2: a duration above 0s is expected"},
		{"receiver-waits", "0s", "entry 1: a duration above 0s is expected"},
		{"receiver-secrets", "\x01", unseen},
	}
}

func variable(flag string) string {
	return "DOSSIER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func TestEachFaultNamesItsSettingAndWhatIsExpected(t *testing.T) {
	for _, w := range wrongs() {
		t.Run(w.name+"="+w.value, func(t *testing.T) {
			checkFault(t, w, faults(t, variable(w.name)+"="+w.value))

			_, err := config.Load(flags(t, "--"+w.name+"="+w.value), environment())
			found, _ := err.(config.Faults)
			checkFault(t, w, found)
		})
	}
}

func checkFault(t *testing.T, w wrong, found config.Faults) {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("got %d faults, want 1: %v", len(found), found)
	}
	equal(t, "variable", found[0].Variable, variable(w.name))
	equal(t, "flag", found[0].Flag, "--"+w.name)
	if !strings.Contains(found[0].Problem, w.want) {
		t.Errorf("got %q, want %q", found[0].Problem, w.want)
	}
}

func TestEverySettingHasAFaultAmongThose(t *testing.T) {
	covered := map[string]bool{}
	for _, w := range wrongs() {
		covered[variable(w.name)] = true
	}
	for _, v := range tableVariables() {
		if !covered[v] {
			t.Errorf("no test has %s wrong", v)
		}
	}
}

func TestAllFaultsAreReportedTogether(t *testing.T) {
	value := map[string]string{}
	for _, w := range wrongs() {
		value[w.name] = w.value
	}
	var variables []string
	for name, v := range value {
		variables = append(variables, variable(name)+"="+v)
	}

	report := faults(t, variables...).Error()

	lines := strings.Split(report, "\n")
	equal(t, "first line", lines[0], "the configuration has 28 faults:")
	equal(t, "number of lines", len(lines), 29)
	for i, v := range tableVariables() {
		flag := "--" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(v, "DOSSIER_"), "_", "-"))
		if want := "  " + v + " (" + flag + "): "; !strings.HasPrefix(lines[i+1], want) {
			t.Errorf("line %d: got %q, want it to begin with %q", i+1, lines[i+1], want)
		}
	}
}

func TestAllFaultsOfOneSettingAreReported(t *testing.T) {
	found := faults(t, "DOSSIER_WEBHOOK_SECRETS=plain,A=,b=0123456789abcdef,=x")

	want := "the configuration has 4 faults:" +
		"\n  DOSSIER_WEBHOOK_SECRETS (--webhook-secrets): entry 1: app=secret is expected" +
		"\n  DOSSIER_WEBHOOK_SECRETS (--webhook-secrets): entry 2: an app of 1 to 40 characters from a-z, 0-9 and - is expected before the =" +
		"\n  DOSSIER_WEBHOOK_SECRETS (--webhook-secrets): entry 2: the secret is empty" +
		"\n  DOSSIER_WEBHOOK_SECRETS (--webhook-secrets): entry 4: an app of 1 to 40 characters from a-z, 0-9 and - is expected before the ="
	equal(t, "report", found.Error(), want)
}

func TestOneFaultIsReportedAsOne(t *testing.T) {
	equal(t, "report", faults(t, "DOSSIER_LOG_LEVEL=loud").Error(),
		"the configuration has a fault:\n  DOSSIER_LOG_LEVEL (--log-level): debug, info, warn or error is expected")
}

func TestAReportHasAnEnd(t *testing.T) {
	found := faults(t, "DOSSIER_WEBHOOK_ALLOW_IPS="+strings.Repeat("x,", 999)+"x")

	equal(t, "faults", len(found), 11)
	equal(t, "the last", found[10].Problem, "990 more faults")
}

func TestACommandIsNotStoppedByASettingItDoesNotHave(t *testing.T) {
	var migrate struct {
		config.DatabaseFlags
		Logs config.LogFlags `embed:""`
	}
	c, err := config.Load(&migrate, environment("DOSSIER_HEAL_WINDOW=soon", "DOSSIER_DATABASE_URL=sqlite:other.db"))

	if err != nil {
		t.Fatal(err)
	}
	equal(t, "database", c.Database.SQLitePath, "other.db")
	equal(t, "heal window", c.Rules.Default.HealWindow.String(), "30s")
	if _, err := config.Load(&migrate, environment("DOSSIER_LOG_LEVEL=loud")); err == nil {
		t.Error("a setting of an embedded group was not read")
	}
}
