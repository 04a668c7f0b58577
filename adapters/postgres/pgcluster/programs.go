package pgcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrNoPrograms: PostgreSQL's programs for a server are not on this machine.
var ErrNoPrograms = errors.New("PostgreSQL's server programs are not installed")

// programs is where PostgreSQL's programs are, and whom they run as.
type programs struct {
	folder string
	owner  *syscall.Credential // nil: who runs this process
}

// needed are the programs that must be there together.
var needed = []string{"initdb", "pg_ctl", "pg_basebackup", "postgres"}

// find looks on the PATH, and where Debian, Red Hat and Homebrew keep the
// programs of a server off it. The newest wins.
func find() (programs, error) {
	var folders []string
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return programs{}, err
		}
		for i := len(found) - 1; i >= 0; i-- {
			folders = append(folders, found[i])
		}
	}
	for _, folder := range folders {
		if complete(folder) {
			owner, err := ownerOfServers()
			return programs{folder, owner}, err
		}
	}
	return programs{}, ErrNoPrograms
}

func complete(folder string) bool {
	for _, name := range needed {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// ownerOfServers is nil unless this process is root's.
func ownerOfServers() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no other user: %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// run runs a program and returns its output; an error has the output, too.
func (p programs) run(ctx context.Context, folder, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(p.folder, program), args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	// A server is no part of this process's group: a signal for it is not one for
	// the server. Its output goes to a file, for it outlives the program.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Setpgid: true}
	output, err := os.CreateTemp("", "pgcluster-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(output.Name())
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	err = cmd.Run()
	text, readErr := os.ReadFile(output.Name())
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(text))
	}
	return strings.TrimSpace(string(text)), readErr
}

// makeFolder makes a folder that belongs to the owner of the servers, who can
// also reach it.
func (p programs) makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return p.own(folder)
}

func (p programs) own(path string) error {
	if p.owner == nil {
		return nil
	}
	return os.Chown(path, int(p.owner.Uid), int(p.owner.Gid))
}
