package witness

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Manner is how a receiver answers.
type Manner int32

// The manners of a receiver.
const (
	Accepting Manner = iota
	Refusing         // 503, and nothing is kept
	Cutting          // the connection is cut, and nothing is kept
	Denying          // 500 for what it has kept
	Silent           // no answer, for as long as the caller waits or this lasts
	manners
)

// MannerOf returns a bad manner by any number.
func MannerOf(n int64) Manner { return 1 + Manner(n%int64(manners-1)) }

// Receiver is a firm's HTTP endpoint that events are relayed to.
type Receiver struct {
	seen     sights
	manner   atomic.Int32
	listener net.Listener
	server   *http.Server
	serving  sync.WaitGroup
}

// OpenReceiver serves one on a free port of this machine.
func OpenReceiver() (*Receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Receiver{listener: listener}
	r.server = &http.Server{Handler: http.HandlerFunc(r.receive), ReadHeaderTimeout: 10 * time.Second}
	r.serving.Go(func() { _ = r.server.Serve(listener) }) // until it is closed
	return r, nil
}

// URL is where it receives.
func (r *Receiver) URL() string { return "http://" + r.listener.Addr().String() + "/events" }

// Behave sets the manner of all answers from now on.
func (r *Receiver) Behave(m Manner) { r.manner.Store(int32(m)) }

// Seen returns what it has kept, in the order in which it came.
func (r *Receiver) Seen() []Sight { return r.seen.copied() }

// Close ends it.
func (r *Receiver) Close() error {
	r.Behave(Accepting)
	err := r.server.Close()
	r.serving.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (r *Receiver) receive(w http.ResponseWriter, request *http.Request) {
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(request.Body, most))
	if err != nil {
		return
	}
	manner := Manner(r.manner.Load())
	switch manner {
	case Refusing:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case Cutting:
		panic(http.ErrAbortHandler)
	case Silent:
		r.await(request.Context())
		panic(http.ErrAbortHandler)
	}
	one, err := readCloudEvent(body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.seen.add(one)
	if manner == Denying {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// await returns when the caller is gone, or the manner is another.
func (r *Receiver) await(ctx context.Context) {
	const interval = 50 * time.Millisecond
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for Manner(r.manner.Load()) == Silent {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
