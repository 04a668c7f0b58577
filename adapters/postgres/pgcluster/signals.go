package pgcluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/lib/pq" // the driver named "postgres"
)

// postmaster is the process id of the server's first process.
func (s *Server) postmaster() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(strings.TrimSpace(line))
}

// Kill ends all processes of the server without warning, as a power cut would,
// and returns when they have ended. The next start recovers from the log.
func (s *Server) Kill() error {
	processes, err := s.held()
	if err != nil {
		return err
	}
	if err := signal(processes, syscall.SIGKILL); err != nil {
		return err
	}
	for _, process := range processes {
		if err := waitForEnd(process); err != nil {
			return err
		}
	}
	// A process that nobody has waited for would count as a running server.
	return os.Remove(filepath.Join(s.data(), "postmaster.pid"))
}

// waitForEnd returns when a killed process runs no more.
func waitForEnd(process int) error { return waitFor(process, "", "Z") }

// waitFor returns when a process is in one of the states that /proc names.
func waitFor(process int, states ...string) error {
	const interval, tries = 10 * time.Millisecond, 6000
	for range tries {
		if _, state := readStat(process); slices.Contains(states, state) {
			return nil
		}
		time.Sleep(interval) // no signal tells of the state of another's child
	}
	return fmt.Errorf("process %d does not come into the states %q", process, states)
}

// Pause freezes all processes of the server: it answers nothing, and its
// connections stay.
func (s *Server) Pause() error {
	processes, err := s.held()
	if err != nil {
		return err
	}
	return signal(processes, syscall.SIGSTOP)
}

// Resume lets a frozen server go on.
func (s *Server) Resume() error {
	processes, err := s.processes()
	if err != nil {
		return err
	}
	return signal(processes, syscall.SIGCONT)
}

// held stops the postmaster, so that it has no more children, and returns all
// processes. One that it had made meanwhile would run on, and hold the memory that
// the next server needs.
func (s *Server) held() ([]int, error) {
	postmaster, err := s.postmaster()
	if err != nil {
		return nil, fmt.Errorf("find the server's process: %w", err)
	}
	if err := signal([]int{postmaster}, syscall.SIGSTOP); err != nil {
		return nil, err
	}
	if err := waitFor(postmaster, "T", "", "Z"); err != nil {
		return nil, err
	}
	return s.processes()
}

func signal(processes []int, sig syscall.Signal) (err error) {
	for _, process := range processes {
		if failed := syscall.Kill(process, sig); failed != nil && !errors.Is(failed, syscall.ESRCH) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// processes are the postmaster and its children, which have process groups of
// their own. It reads Linux's /proc.
func (s *Server) processes() ([]int, error) {
	postmaster, err := s.postmaster()
	if err != nil {
		return nil, fmt.Errorf("find the server's process: %w", err)
	}
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	processes := []int{postmaster}
	for _, path := range paths {
		process, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if parent, _ := readStat(process); parent == postmaster {
			processes = append(processes, process)
		}
	}
	return processes, nil
}

// readStat returns the parent and the state of a process, or no state if there
// is none.
func readStat(process int) (parent int, state string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return 0, ""
	}
	// The name of the program, in parentheses, may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return 0, ""
	}
	parent, err = strconv.Atoi(fields[1])
	if err != nil {
		return 0, ""
	}
	return parent, fields[0]
}

// Set changes a setting of a running server that needs no restart, for its next
// starts, too. An empty value takes the setting's own default.
func (s *Server) Set(ctx context.Context, name, value string) error {
	statement := "ALTER SYSTEM SET " + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
	if value == "" {
		statement = "ALTER SYSTEM RESET " + name
	}
	if err := s.Exec(ctx, "postgres", statement); err != nil {
		return err
	}
	return s.Exec(ctx, "postgres", "SELECT pg_reload_conf()")
}

// Exec runs a statement in a database of the server over a connection of its
// own. No commit of it waits for a standby.
func (s *Server) Exec(ctx context.Context, database, statement string) (err error) {
	db, err := sql.Open("postgres", s.URL(database)+"&synchronous_commit=local")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("run a statement on the server: %w", err)
	}
	return nil
}

func (s *Server) write(name, text string) error {
	path := filepath.Join(s.data(), name)
	return errors.Join(os.WriteFile(path, []byte(text), 0o600), s.programs.own(path))
}

func (s *Server) appendTo(name, text string) error {
	file, err := os.OpenFile(filepath.Join(s.data(), name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
