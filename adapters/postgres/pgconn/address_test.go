package pgconn

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/lib/pq"
	"pgregory.net/rapid"
)

// reached is what lib/pq connects to by an address.
func reached(a Address) (string, error) {
	config, err := pq.NewConfig(a.DSN())
	if err != nil {
		return "", err
	}
	all := []string{fmt.Sprintf("%s %d", config.Host, config.Port)}
	for _, other := range config.Multi {
		all = append(all, fmt.Sprintf("%s %d", other.Host, other.Port))
	}
	return strings.Join(all, ", "), nil
}

// The right column is what libpq connects to, too.
func TestHostsAreReadAsInLibpq(t *testing.T) {
	t.Setenv("PGPORT", "6000")
	for text, want := range map[string]string{
		"postgres://u@h1:5434,h2:5433/db":                     "h1 5434, h2 5433",
		"postgres://u@h1,h2:5433/db":                          "h1 5432, h2 5433",
		"postgres://u@h1:5433,h2/db":                          "h1 5433, h2 5432",
		"postgres://u@h1,h2,h3/db":                            "h1 5432, h2 5432, h3 5432",
		"postgres://h1:1,h2:2":                                "h1 1, h2 2",
		"postgresql://u:p%40@h1:1,h2:2?sslmode=disable":       "h1 1, h2 2",
		"postgres://u:p@@h1:1,h2:2/db":                        "h1 1, h2 2",
		"postgres://u@h/db":                                   "h 6000",
		"postgres://u@h:7/db":                                 "h 7",
		"postgres://u@[::1]:7/db":                             "::1 7",
		"postgres://u@[::1],[fe80::2%25eth0]:7,h/db":          "::1 5432, fe80::2%eth0 7, h 5432",
		"postgres://u@/db?host=h&port=7":                      "h 7",
		"postgres://u@/db?host=h1,h2&port=1,2":                "h1 1, h2 2",
		"postgres://u@/db?host=h1,h2&port=1":                  "h1 1, h2 1",
		"postgres://u@/db?host=h1,h2&port=,2":                 "h1 5432, h2 2",
		"postgres://u@h1:1,h2:2/db?port=3":                    "h1 3, h2 3",
		"postgres://u@h1:1,h2:2/db?host=h3,h4":                "h3 1, h4 2",
		"postgres://u@%2Frun%2Fpg/db":                         "/run/pg 6000",
		"postgres://u@%2Frun%2Fpg:7/db":                       "/run/pg 7",
		"postgres://u@/db?host=/run/pg":                       "/run/pg 6000",
		"postgres://u@h/db?target_session_attrs=read-write":   "h 6000",
		"postgres://u@h1:1,h2:2/db?load_balance_hosts=random": "h1 1, h2 2",
	} {
		a, err := ParseAddress(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := reached(a); got != want || err != nil {
			t.Errorf("%s leads to %q (%v), want %q", text, got, err, want)
		}
	}
}

// psql asks each host in turn and says which it tried.
func TestPsqlReadsHostsLikewise(t *testing.T) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed, so there is no libpq to compare with")
	}
	if server, err := net.Dial("tcp", "127.0.0.1:5432"); err == nil {
		server.Close()
		t.Skip("a server listens on port 5432, where libpq is to find none")
	}
	t.Setenv("PGPORT", "1")
	for _, text := range []string{
		"postgres://u@127.0.0.1:2,127.0.0.2:3/db", "postgres://u@127.0.0.1,127.0.0.2:3/db", "postgres://u@127.0.0.1:2,127.0.0.2/db",
		"postgres://u@127.0.0.1,127.0.0.2/db", "postgres://u@127.0.0.1/db", "postgres://u@[::1]:2,127.0.0.1/db",
		"postgres://u@/db?host=127.0.0.1,127.0.0.2&port=,2", "postgres://u@127.0.0.1:2,127.0.0.2:3/db?port=4",
		"postgres://u@%2Fno%2Fsuch/db", "postgres://u@%2Fno%2Fsuch:7/db",
	} {
		said, _ := exec.Command(psql, "-w", text).CombinedOutput() // nobody listens on these
		a, err := ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		hosts, err := reached(a)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for host := range strings.SplitSeq(hosts, ", ") {
			name, port, _ := strings.Cut(host, " ")
			line := fmt.Sprintf(`"%s", port %s`, name, port)
			if strings.HasPrefix(name, "/") {
				line = fmt.Sprintf(`"%s/.s.PGSQL.%s"`, name, port)
			}
			found := strings.Index(string(said)[at:], line)
			if found < 0 {
				t.Errorf("%s leads to %s here, and psql says %s", text, hosts, said)
			}
			at += max(found, 0)
		}
	}
}

func TestWhatIsNoURLIsSaidSo(t *testing.T) {
	for _, text := range []string{
		"", "h", "host=h dbname=d", "mysql://h/d", "://", "postgres:/h/d", "postgres:h",
		"postgres://h:port/d", "postgres://h:0/d", "postgres://h:65536/d", "postgres://h1:1,h2:x/d", "postgres://h1:1:2/d",
		"postgres://[::1/d", "postgres://[h]/d", "postgres://[::1]x/d", "postgres://h%2Ch2/d", "postgres://u:%zz@h/d", "postgres://%zz/d",
		"postgres://h/d?a=%zz", "postgres://h/d?a;b", "postgres://u:pa#ss@h/d", "postgres://h/d#x", "postgres://h/d\x7f",
	} {
		if a, err := ParseAddress(text); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v, %v", text, err, a)
		}
	}
}

// A wrong parameter is named, and its value, which may be a password in the
// wrong place, is not repeated.
func TestWrongParametersAreNamed(t *testing.T) {
	const secret = "hunter2"
	for query, name := range map[string]string{
		"sslmode=" + secret: "sslmode", "connect_timeout=" + secret: "connect_timeout", "target_session_attrs=" + secret: "target_session_attrs",
		"hostaddr=" + secret: "hostaddr", "client_encoding=" + secret: "client_encoding", "channel_binding=" + secret: "channel_binding",
		"port=" + secret: "port", "port=1,x": "port", "channel_binding=require&sslmode=disable": "channel_binding",
		"host=/run/pg,h": "host", "binary_parameters=" + secret: "binary_parameters", "host=a,b&port=1,2,3": "parameters",
		"%20=0": "name", "=x": "name", "a=1&b%3D%271%27%20sslmode=disable": "name",
	} {
		_, err := ParseAddress("postgres://u:" + secret + "@h/d?" + query)
		if !errors.Is(err, ErrParameter) || errors.Is(err, ErrURL) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestWrongVariablesAreNamed(t *testing.T) {
	const secret = "hunter2"
	for _, name := range []string{"PGSSLMODE", "PGCHANNELBINDING", "PGCONNECT_TIMEOUT", "PGPORT", "PGTARGETSESSIONATTRS", "PGREQUIREPEER"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, secret)
			_, err := ParseAddress("postgres://u@h/d")
			if !errors.Is(err, ErrParameter) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestParametersGoWhereTheyBelong(t *testing.T) {
	a, err := ParseAddress("postgresql://u:p%40ss@h:5/d?jit=on&application_name=mine&search_path=x,y&connect_timeout=3&connect_timeout=4")
	if err != nil {
		t.Fatal(err)
	}
	config, err := pq.NewConfig(a.DSN())
	if err != nil {
		t.Fatal(err)
	}
	if config.Password != "p@ss" || config.User != "u" || config.Database != "d" || config.ApplicationName != "mine" || !config.BinaryParameters ||
		config.ConnectTimeout.Seconds() != 4 || len(config.Runtime) != 0 {
		t.Errorf("lib/pq is told %+v", config)
	}
	if len(a.settings) != 2 || a.settings["jit"] != "on" || a.settings["search_path"] != "x,y" {
		t.Errorf("the settings are %v", a.settings)
	}
}

func TestServersLeaveStandbysUnlessTheURLSaysWhatToTake(t *testing.T) {
	for given, want := range map[string]pq.TargetSessionAttrs{
		"": pq.TargetSessionAttrsPrimary, "any": pq.TargetSessionAttrsPrimary, "primary": pq.TargetSessionAttrsPrimary,
		"read-write": pq.TargetSessionAttrsReadWrite, "standby": pq.TargetSessionAttrsStandby,
	} {
		a, err := ParseAddress("postgres://h/d?target_session_attrs=" + given)
		if err != nil {
			t.Fatal(err)
		}
		config, err := pq.NewConfig(a.Primary().DSN())
		if err != nil || config.TargetSessionAttrs != want {
			t.Errorf("%q becomes %q (%v), want %q", given, config.TargetSessionAttrs, err, want)
		}
	}
}

// The binding of channels is not there; what takes its place must not be less.
func TestChannelBindingBecomesAFullCheckOfTheCertificate(t *testing.T) {
	for query, want := range map[string]pq.SSLMode{
		"channel_binding=require":                     pq.SSLModeVerifyFull,
		"sslmode=require&channel_binding=require":     pq.SSLModeVerifyFull,
		"sslmode=prefer&channel_binding=require":      pq.SSLModeVerifyFull,
		"sslmode=verify-ca&channel_binding=require":   pq.SSLModeVerifyFull,
		"sslmode=require&channel_binding=prefer":      pq.SSLModeRequire,
		"sslmode=disable&channel_binding=disable":     pq.SSLModeDisable,
		"sslmode=verify-full&channel_binding=disable": pq.SSLModeVerifyFull,
	} {
		a, err := ParseAddress("postgres://u@h/d?" + query)
		if err != nil {
			t.Fatal(err)
		}
		config, err := pq.NewConfig(a.DSN())
		if err != nil || config.SSLMode != want || len(a.settings) != 0 {
			t.Errorf("%s becomes sslmode=%s and %v (%v), want %s", query, config.SSLMode, a.settings, err, want)
		}
	}
	if _, err := ParseAddress("postgres://u@%2Frun%2Fpg/d?channel_binding=require"); !errors.Is(err, ErrParameter) {
		t.Errorf("without TLS: %v", err)
	}
}

// Any list of hosts comes back as it was written.
func TestHostsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.StringMatching(`[a-z0-9]([a-z0-9.-]{0,10}[a-z0-9])?`), rapid.SampledFrom([]string{"::1", "fe80::1", "127.0.0.1"}))
		names := rapid.SliceOfN(name, 2, 5).Draw(t, "names")
		ports := rapid.SliceOfN(rapid.IntRange(0, 65535), len(names), len(names)).Draw(t, "ports") // 0 for none
		written, want := make([]string, len(names)), make([]string, len(names))
		for i, name := range names {
			written[i], want[i] = name, fmt.Sprintf("%s %d", name, ports[i])
			if strings.Contains(name, ":") {
				written[i] = "[" + name + "]"
			}
			if ports[i] == 0 {
				want[i] = name + " 5432"
			} else {
				written[i] += fmt.Sprint(":", ports[i])
			}
		}
		a, err := ParseAddress("postgres://u:p@" + strings.Join(written, ",") + "/d?sslmode=disable")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := reached(a); got != strings.Join(want, ", ") || err != nil {
			t.Errorf("%v leads to %s (%v)", written, got, err)
		}
	})
}

// Whatever is taken, lib/pq takes too; and no error repeats the password.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"h1:5432,h2:5433/db", "[::1]:1,/?host=a,b&port=,2", "%2Frun/d?channel_binding=require", "h/d?jit=off&sslmode=x", ":,:"} {
		f.Add(seed)
	}
	const secret = "hunter2hunter2"
	f.Fuzz(func(t *testing.T, rest string) {
		a, err := ParseAddress("postgres://u:" + secret + "@" + rest)
		if err != nil {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error has the password: %v", err)
			}
			return
		}
		config, err := pq.NewConfig(a.DSN())
		if err != nil {
			t.Fatalf("lib/pq does not take it: %v", err)
		}
		if len(config.Runtime) > 0 {
			t.Errorf("a setting is left to the startup message: %v", slices.Collect(func(yield func(string) bool) {
				for name := range config.Runtime {
					if !yield(name) {
						return
					}
				}
			}))
		}
	})
}
