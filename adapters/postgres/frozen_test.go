package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"

	"dossier/adapters/postgres"
	"dossier/adapters/storetest"
	"dossier/application/eventlog"
	"dossier/application/projection"
)

// The environment of the test's program when it is another server, which freezes
// itself in a part of its work.
const (
	frozenPart = "DOSSIER_TEST_FREEZE"
	frozenURL  = "DOSSIER_TEST_FREEZE_URL"
)

// freeze stops this process as a paused virtual machine is: its connections
// stay. It returns when the process is thawed: the signal may stop another
// thread first, and this one must not go on until it reaches it.
func freeze() {
	thawed := make(chan os.Signal, 1)
	signal.Notify(thawed, syscall.SIGCONT)
	defer signal.Stop(thawed)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-thawed
}

// beFrozen is the other server. It says what became of what it did, and then of
// another append.
func beFrozen(part, url string) (code int) {
	var once sync.Once
	o := storetest.Options{}
	if part == "append" {
		o.BeforeCommit = func() { once.Do(freeze) }
	}
	s, err := postgres.Open(context.Background(), url, config(o))
	if err != nil {
		fmt.Println("open:", err)
		return 1
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx) })
	if part == "append" {
		_, err = s.Append(ctx, request("a", "frozen"))
	} else {
		_, err = s.Step(ctx, step("x"), func(context.Context, projection.Tx) error {
			freeze()
			return nil
		})
	}
	fmt.Println("refused:", err != nil)
	_, err = insist(ctx, s, request("a", "thawed"))
	fmt.Println("again:", err)
	stop()
	running.Wait()
	_ = s.Close()
	return 0
}

func step(version string) projection.Step {
	return projection.Step{Name: projection.FlagsName, Version: version, From: 0, To: 1}
}

// frozen is another server that is frozen.
type frozen struct {
	cmd  *exec.Cmd
	says *bufio.Scanner
}

// startFrozen returns when the other server has frozen itself.
func startFrozen(t *testing.T, part, url string) frozen {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), frozenPart+"="+part, frozenURL+"="+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the other server is not frozen: %v, %v", status, err)
	}
	return frozen{cmd, bufio.NewScanner(out)}
}

// thaw lets it go on, and returns what it said until it ended.
func (f frozen) thaw(t *testing.T) (said []string) {
	t.Helper()
	if err := f.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for f.says.Scan() {
		said = append(said, f.says.Text())
	}
	return said
}

// Without a fence the lock would be held for as long as its holder is frozen.
func TestAFrozenServerStopsNobody(t *testing.T) {
	url := newDatabase(t).url
	s := start(t, open(t, url, config(storetest.Options{})))
	other := startFrozen(t, "append", url)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := s.Append(ctx, request("b", "meanwhile")); err != nil {
		t.Fatalf("an append beside a frozen server: %v", err)
	}
	said := other.thaw(t)
	if want := []string{"refused: true", "again: <nil>"}; strings.Join(said, "|") != strings.Join(want, "|") {
		t.Errorf("the thawed server said %q, want %q", said, want)
	}
	if got := strings.Join(says(t, s), " "); got != "meanwhile thawed" {
		t.Errorf("the log says %q: a lock that was lost was written by", got)
	}
}

func TestAFrozenProjectionStopsNoOther(t *testing.T) {
	url := newDatabase(t).url
	s := start(t, open(t, url, config(storetest.Options{})))
	if _, err := s.Append(t.Context(), request("b", "first")); err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(t.Context(), projection.FlagsName, "x"); err != nil {
		t.Fatal(err)
	}
	other := startFrozen(t, "step", url)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	moved, err := s.Step(ctx, step("x"), func(context.Context, projection.Tx) error { return nil })
	if err != nil || !moved {
		t.Fatalf("a step beside a frozen server: %v, %v", moved, err)
	}
	if said := other.thaw(t); len(said) != 2 || said[0] != "refused: true" {
		t.Errorf("the thawed server said %q", said)
	}
}

// What an append waited for is in its error, not only that it waited.
func TestAnAppendThatWaitsForTheLockSaysWhoHoldsIt(t *testing.T) {
	db := newDatabase(t)
	holder, err := db.raw.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(t.Context(), `SELECT pg_advisory_lock(1685025651, 1)`); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	c := config(storetest.Options{})
	c.Logger = slog.New(slog.NewTextHandler(&lines, nil))
	s := start(t, open(t, db.url, c))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = s.Append(ctx, request("b", "x"))
	s.stop()
	<-s.ended
	if text := lines.String(); !strings.Contains(text, `"waiting for the log's lock" held_by="session `) {
		t.Errorf("the holder is not named in:\n%s", text)
	}
	if !errors.Is(err, eventlog.ErrUnavailable) || !strings.Contains(err.Error(), "lock the log, held by session ") {
		t.Errorf("got %v", err)
	}
}
