package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Ran is what became of a command.
type Ran struct {
	Code           int // -1: a signal ended it
	Output, Errors string
}

// run runs a command of the binary to its end.
func run(ctx context.Context, program, folder string, variables []string, args ...string) (Ran, error) {
	var out, errs bytes.Buffer
	cmd := command(ctx, program, folder, variables, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	ran := Ran{Code: cmd.ProcessState.ExitCode(), Output: out.String(), Errors: errs.String()}
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		return ran, nil
	}
	if err != nil {
		return ran, fmt.Errorf("run dossier %s: %w", args[0], err)
	}
	return ran, nil
}

func command(ctx context.Context, program, folder string, variables []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), variables...)
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// Start starts a command on the database that is to be killed; the caller waits
// for its end.
func (w *World) Start(ctx context.Context, databaseURL string, args ...string) (*exec.Cmd, error) {
	cmd := command(ctx, w.config.Program, w.config.Folder, variablesOf(databaseURL, w.config.Folder), args...)
	return cmd, cmd.Start()
}
