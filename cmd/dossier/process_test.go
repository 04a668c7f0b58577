package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"syscall"
	"testing"
)

// process is a command as a process of its own, which can be killed.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    recording
	logs   recording
	exited chan struct{} // closed once it is gone
}

// launch starts a server. It is gone when the test ends.
func launch(t *testing.T, databaseURL string, variables ...string) *process {
	t.Helper()
	return launchCommand(t, environment(databaseURL, variables...).Variables, "serve")
}

// launchCommand starts a command. It is gone when the test ends.
func launchCommand(t *testing.T, variables []string, args ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(program, args...), exited: make(chan struct{})}
	p.cmd.Env = append(slices.Clone(variables), asProgram+"=1", "TMPDIR="+t.TempDir())
	slices.Reverse(p.cmd.Env) // exec takes the last of each, we take the first
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.logs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // ProcessState tells
	}()
	t.Cleanup(p.kill)
	return p
}

var listening = regexp.MustCompile(`listens on (http://\S+)`)

// address returns where it listens, once it does.
func (p *process) address() string {
	p.t.Helper()
	match := p.out.await(bounded(p.t), listening, p.exited)
	if match == nil {
		p.t.Fatalf("the server does not listen:\n%s", p.logs.String())
	}
	return match[1]
}

// client returns an admin of the server.
func (p *process) client() *client {
	p.t.Helper()
	return newClient(p.t, p.address(), adminToken)
}

// kill ends it without a chance to clean up.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.exited
}

// interrupt asks it to end.
func (p *process) interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
}

// terminate asks it to end, and says that it did so well.
func (p *process) terminate() {
	p.t.Helper()
	p.interrupt()
	p.checkExit(exitFine)
}

func (p *process) checkExit(code int) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-bounded(p.t).Done():
		p.t.Fatal("the server does not end")
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d, want %d; log:\n%s", got, code, p.logs.String())
	}
}
