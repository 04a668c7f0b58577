package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bouncerVariable, set to 1, lets a test fail that finds no PgBouncer; else it is
// skipped.
const bouncerVariable = "DOSSIER_TEST_REQUIRE_PGBOUNCER"

// The clients need no password: the pooler has it.
const bouncerConfig = `[databases]
* = host=%s port=%s user=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
logfile = %s
max_client_conn = 500
%s
`

// Bouncer starts a PgBouncer before the server of a URL that [New] returned, and
// returns the URL of the same database through it. The settings have the form
// name=value, as in pgbouncer.ini. It ends with the test.
func Bouncer(tb testing.TB, databaseURL string, settings ...string) string {
	tb.Helper()
	program := bouncerProgram(tb)
	u, err := url.Parse(databaseURL)
	if err != nil || u.Hostname() == "" {
		tb.Fatal("the server of the tests is not reached over TCP")
	}
	folder, err := os.MkdirTemp("/tmp", "dossier-bouncer-*")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(folder) })
	port, password := freePort(tb), ""
	if u.User != nil {
		password, _ = u.User.Password()
	}
	text := fmt.Sprintf(bouncerConfig, u.Hostname(), u.Port(), u.User.Username(), password, port,
		filepath.Join(folder, "log"), strings.Join(settings, "\n"))
	file := filepath.Join(folder, "pgbouncer.ini")
	args := []string{"-q", file}
	if os.Geteuid() == 0 { // it refuses to run as root, and reads the file as who it becomes
		args = append([]string{"-u", "nobody"}, args...)
	}
	if err := errors.Join(os.WriteFile(file, []byte(text), 0o644), os.Chmod(folder, 0o777)); err != nil {
		tb.Fatal(err)
	}
	startBouncer(tb, exec.Command(program, args...), port)
	u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	u.User = url.User(u.User.Username())
	return u.String()
}

func bouncerProgram(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	const reason = "pgbouncer is not installed, so there is no pooler to test with; " + bouncerVariable + "=1 makes this a failure"
	if os.Getenv(bouncerVariable) == "1" {
		tb.Fatal(reason)
	}
	tb.Skip(reason)
	return ""
}

// freePort finds a port that nobody listens on. Another may take it before it is
// used, which is then found out.
func freePort(tb testing.TB) int {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// startBouncer returns when the pooler takes connections.
func startBouncer(tb testing.TB, command *exec.Cmd, port int) {
	tb.Helper()
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	tb.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	const interval = 10 * time.Millisecond // no signal tells that it listens
	for tick := time.NewTicker(interval); ; <-tick.C {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			tb.Fatalf("pgbouncer ended: %v", err)
		case <-ctx.Done():
			tb.Fatal("pgbouncer does not listen")
		default:
		}
	}
}
