package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"dossier/application/eventlog"
	"dossier/torture/overlay"
)

// Server is a `dossier serve`, or a `dossier relay`, that is started again whenever it ends, as a
// service manager would.
type Server struct {
	Name   string
	Listen string // host and port
	Log    string // the file that its output is appended to

	clock string // the file that its clock is set by, if it is a binary for that

	program   string
	argument  string // what it is called with
	variables []string

	mu       sync.Mutex
	cmd      *exec.Cmd
	wanted   bool
	held     bool          // not started again for now
	changed  chan struct{} // closed when wanted or held changes, or the process ends
	unasked  []string      // ends that nobody had asked for
	starts   int
	stopping bool
}

// newServer describes a server; run runs it.
func newServer(folder, name, program string, variables []string) (*Server, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	clock := filepath.Join(folder, name+".clock")
	return &Server{
		Name: name, Listen: listen, Log: filepath.Join(folder, name+".log"), program: program, argument: "serve", clock: clock,
		variables: append([]string{
			"DOSSIER_LISTEN=" + listen, "DOSSIER_LOG_FORMAT=text", overlay.ClockVariable + "=" + clock,
		}, variables...),
		changed: make(chan struct{}),
	}, nil
}

// StepClock sets how far the server's wall clock is ahead, now and after its
// next start. It counts for a binary of overlay.WithClock only.
func (s *Server) StepClock(ahead time.Duration) error {
	next := s.clock + ".next" // the server must not read half a number
	if err := os.WriteFile(next, []byte(strconv.FormatInt(int64(ahead), 10)), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.clock)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// URL is where it answers.
func (s *Server) URL() string { return "http://" + s.Listen }

// pauseOfRestart is what a service manager waits before it starts a program
// again.
const pauseOfRestart = 200 * time.Millisecond

// run keeps the server running until ctx ends, which kills it.
func (s *Server) run(ctx context.Context) error {
	file, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	for ctx.Err() == nil {
		if !s.awaitWanted(ctx) {
			return nil
		}
		fmt.Fprintf(file, "--- %s starts %s\n", time.Now().Format(time.RFC3339Nano), s.Name)
		if err := s.once(ctx, file); err != nil {
			return err
		}
		fmt.Fprintf(file, "--- %s ended %s\n", time.Now().Format(time.RFC3339Nano), s.Name)
		eventlog.Pause(ctx, pauseOfRestart)
	}
	return nil
}

// once runs the process to its end.
func (s *Server) once(ctx context.Context, output *os.File) error {
	cmd := exec.CommandContext(ctx, s.program, s.argument)
	cmd.Env = append(os.Environ(), s.variables...)
	cmd.Dir = filepath.Dir(s.Log)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	s.mu.Lock()
	s.stopping = false
	err := cmd.Start()
	if err == nil {
		s.cmd, s.starts = cmd, s.starts+1
	}
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	ended := cmd.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd = nil
	if !s.stopping && ctx.Err() == nil {
		s.unasked = append(s.unasked, fmt.Sprintf("%s ended by itself: %v", s.Name, ended))
	}
	s.tell()
	return nil
}

// tell wakes who waits for a change; the lock is held.
func (s *Server) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) awaitWanted(ctx context.Context) bool {
	for {
		s.mu.Lock()
		start, changed := s.wanted && !s.held, s.changed
		s.mu.Unlock()
		if start {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// Want says whether the server is to run.
func (s *Server) Want(wanted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = wanted
	s.tell()
}

// Hold keeps an ended server from being started again, until it is let go.
func (s *Server) Hold(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = held
	s.tell()
}

// Running says whether there is a process.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd != nil
}

// Signal sends a signal to the process, if there is one. One that ends it is
// taken as asked for.
func (s *Server) Signal(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return nil
	}
	if signal != syscall.SIGSTOP && signal != syscall.SIGCONT {
		s.stopping = true
	}
	if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Kill ends the process without warning and returns when it is gone.
func (s *Server) Kill(ctx context.Context) error {
	return s.end(ctx, syscall.SIGKILL)
}

// Interrupt asks the process to end and returns when it is gone.
func (s *Server) Interrupt(ctx context.Context) error {
	return s.end(ctx, syscall.SIGTERM)
}

func (s *Server) end(ctx context.Context, signal syscall.Signal) error {
	s.mu.Lock()
	cmd := s.cmd
	s.mu.Unlock()
	if cmd == nil {
		return nil
	}
	if err := s.Signal(signal); err != nil {
		return err
	}
	if err := s.Signal(syscall.SIGCONT); err != nil { // a frozen one would not see the other
		return err
	}
	for {
		s.mu.Lock()
		gone, changed := s.cmd != cmd, s.changed
		s.mu.Unlock()
		if gone {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s does not end: %w", s.Name, ctx.Err())
		}
	}
}

// Starts is how often the process was started, and Unasked the ends of it that
// nobody had asked for.
func (s *Server) Starts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.starts
}

// Unasked returns the ends of the process that nobody had asked for.
func (s *Server) Unasked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.unasked...)
}

// AwaitReady returns when the server says that it is ready.
func (s *Server) AwaitReady(ctx context.Context) error {
	const interval = 50 * time.Millisecond
	for {
		if s.ready(ctx) {
			return nil
		}
		if !eventlog.Pause(ctx, interval) {
			return fmt.Errorf("%s is not ready: %w", s.Name, ctx.Err())
		}
	}
}

func (s *Server) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
