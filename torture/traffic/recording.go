package traffic

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

// recording keeps every attempt, in memory and in a file.
type recording struct {
	mu       sync.Mutex
	file     *os.File
	buffer   *bufio.Writer
	lines    *json.Encoder
	all      []Attempt
	acks     map[int]int // by server
	last     time.Time   // when an acknowledgement came
	longest  time.Duration
	advanced chan struct{} // closed at the next acknowledgement
	fault    error
}

func newRecording(path string) (*recording, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	buffer := bufio.NewWriter(file)
	return &recording{
		file: file, buffer: buffer, lines: json.NewEncoder(buffer),
		acks: map[int]int{}, last: time.Now(), advanced: make(chan struct{}),
	}, nil
}

func (r *recording) add(a Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, a)
	r.fault = errors.Join(r.fault, r.lines.Encode(a))
	if a.Standing != Acknowledged {
		return
	}
	r.acks[a.Server]++
	now := time.Now()
	r.longest = max(r.longest, now.Sub(r.last))
	r.last = now
	close(r.advanced)
	r.advanced = make(chan struct{})
}

// acknowledged returns how many answers of a server were 200, and a channel that
// is closed at the next 200 of any.
func (r *recording) acknowledged(server int) (int, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acks[server], r.advanced
}

func (r *recording) attempts() []Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func (r *recording) silence() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.longest
}

func (r *recording) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.fault, r.buffer.Flush(), r.file.Close())
}
