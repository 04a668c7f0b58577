package pgtest

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

func TestWithoutAServer(t *testing.T) {
	const secret = "hunter2"
	cases := map[string]struct {
		server, require string
		want            verdict
		says            []string
	}{
		"a test is skipped with the reason":    {"", "", skipped, []string{serverVariable, "make test"}},
		"any other value does not require it":  {"", "0", skipped, []string{serverVariable}},
		"a required one fails with the reason": {"", "1", failed, []string{serverVariable, "make test"}},
		"another database's URL fails":         {"mysql://u:" + secret + "@h/d", "", failed, []string{serverVariable, "postgres://"}},
		"no URL at all fails":                  {"host=h password=" + secret, "", failed, []string{serverVariable}},
		"a malformed URL fails":                {"postgres://u:" + secret + "/x@h/d", "", failed, []string{serverVariable}},
		"a server that is not there fails":     {"postgres://u:" + secret + "@127.0.0.1:1/d?sslmode=disable", "", failed, []string{"create a database"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv(serverVariable, c.server)
			t.Setenv(requireVariable, c.require)
			got, message := judge(t, func(tb testing.TB) { New(tb) })
			if got != c.want {
				t.Fatalf("the test %s (%s), want it %s", got, message, c.want)
			}
			for _, part := range c.says {
				if !strings.Contains(message, part) {
					t.Errorf("message %q does not say %q", message, part)
				}
			}
			if strings.Contains(message, secret) {
				t.Errorf("message %q has the password", message)
			}
		})
	}
}

func TestDatabaseURLKeepsTheServersSettings(t *testing.T) {
	cases := map[string]string{
		"postgres://u:p%40ss@h:5/postgres?sslmode=disable": "postgres://u:p%40ss@h:5/mine?sslmode=disable",
		"postgresql://h": "postgres://h/mine",
		"postgres:///d?host=%2Frun%2Fpg&dbname=another": "postgres:///mine?host=%2Frun%2Fpg",
	}
	for server, want := range cases {
		parsed, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		if got := withDatabase(parsed, "mine"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

type verdict string

const (
	passed  verdict = "passed"
	skipped verdict = "skipped"
	failed  verdict = "failed"
)

// judge runs a test that may stop itself and tells how it ended.
func judge(t *testing.T, test func(testing.TB)) (verdict, string) {
	tb := &recorder{TB: t, verdict: passed}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(tb)
	}()
	<-done
	return tb.verdict, tb.message
}

// recorder stands in for the testing.TB of a test that skips or fails.
type recorder struct {
	testing.TB
	verdict verdict
	message string
}

func (r *recorder) Skip(args ...any)  { r.end(skipped, fmt.Sprint(args...)) }
func (r *recorder) Fatal(args ...any) { r.end(failed, fmt.Sprint(args...)) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.end(failed, fmt.Sprintf(format, args...))
}

func (r *recorder) end(v verdict, message string) {
	r.verdict, r.message = v, message
	runtime.Goexit()
}
