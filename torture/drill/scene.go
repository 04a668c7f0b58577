package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"dossier/torture/traffic"
	"dossier/torture/witness"
	"dossier/torture/world"
)

// scene is all that runs during a drill.
type scene struct {
	config  Config
	world   *world.World
	traffic *traffic.Traffic
	stream  *witness.Stream
	reader  *reader
	broker  *world.Broker
	asked   *world.Provider
	firm    *witness.Receiver

	say    func(format string, args ...any)
	stop   context.CancelFunc // of the stream
	behind sync.WaitGroup
}

// reader is the subscriber's process, started again whenever it ends.
type reader struct {
	file   string
	argv   []string
	log    string
	cancel context.CancelFunc
	ended  chan struct{}

	mu  sync.Mutex
	cmd *exec.Cmd
}

// openReader starts the subscriber.
func openReader(folder, databaseURL string) (*reader, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &reader{
		file: filepath.Join(folder, "subscriber-saw"), log: filepath.Join(folder, "subscriber.log"),
		cancel: cancel, ended: make(chan struct{}),
	}
	r.argv = []string{program, SubscriberCommand, databaseURL, r.file}
	go r.run(ctx)
	return r, nil
}

func (r *reader) run(ctx context.Context) {
	defer close(r.ended)
	const again = 300 * time.Millisecond
	for ctx.Err() == nil {
		if err := r.once(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "subscriber:", err)
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

func (r *reader) once(ctx context.Context) error {
	log, err := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, r.argv[0], r.argv[1:]...)
	cmd.Stderr = log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	r.mu.Lock()
	err = cmd.Start()
	if err == nil {
		r.cmd = cmd
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	_ = cmd.Wait() // it is killed on purpose
	return nil
}

// Kill ends the process without warning, if there is one; it is started again.
func (r *reader) Kill() (killed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cmd == nil {
		return false, nil
	}
	if err := r.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, err
	}
	r.cmd = nil
	return true, nil
}

// last is the position that the subscriber outside of the transaction is at.
func (r *reader) last() int64 {
	seen, err := witness.ReadFile(r.file)
	if err != nil || len(seen) == 0 {
		return 0
	}
	return seen[len(seen)-1].Position
}

// Close asks the process to end and returns when it has.
func (r *reader) Close() {
	r.cancel()
	<-r.ended
}
