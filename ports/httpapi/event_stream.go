package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/ports/problem"
)

const (
	// streamPage is how many events are looked at, and held, at once.
	streamPage = 100
	// streamChunk is how many bytes of events are written at once. A client must
	// take each within the patience.
	streamChunk = 32 << 10
	// The first line tells a client how soon to come again, in milliseconds.
	streamRetry = "retry: 1000\n\n"
	heartbeat   = ": heartbeat\n"
)

// eventStream is one live stream. It reads a page, writes it, and reads on once
// the client has taken it: nothing is kept for a client beyond that.
type eventStream struct {
	api      *api
	call     *call
	follower *query.Follower
	filter   eventlog.Filter
	at       eventlog.Place // the log was looked through up to here
	sent     int64          // and the client knows it up to here

	to      io.Writer
	control *http.ResponseController
	chunk   []byte // not yet written
}

// run serves the stream until it ends, and returns why. It ends with a whole
// event, unless it is the connection that ended.
func (s *eventStream) run(ctx context.Context) string {
	// The end is a part of the answer that may take its time, too.
	defer func() { _ = s.control.SetWriteDeadline(time.Now().Add(s.api.Live.Patience)) }()
	s.chunk = append(s.chunk, streamRetry...)
	if why := s.flush(); why != "" {
		return why
	}
	beats := time.NewTicker(s.api.Live.Heartbeat)
	defer beats.Stop()
	for {
		more := s.follower.Changed() // before reading, so that nothing is missed
		moved, why := s.forward(ctx)
		if why != "" {
			return why
		}
		if moved {
			more = atOnce()
		}
		select {
		case <-more:
		case <-beats.C:
			why = s.beat(ctx)
		case <-s.api.Live.Closing:
			why = endClosing
		case <-ctx.Done():
			why = endClient
		}
		if why != "" {
			return why
		}
	}
}

// atOnce returns a channel that is closed.
func atOnce() <-chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}

// forward sends the next page. It tells whether there was one, and why the
// stream ends if it does.
func (s *eventStream) forward(ctx context.Context) (moved bool, why string) {
	events, through, err := s.follower.Next(ctx, s.filter, s.at, streamPage)
	switch {
	case ctx.Err() != nil:
		return false, endClient
	case err != nil:
		if problem.Of(err).Type == problem.Internal.Type {
			s.api.logFault(ctx, err)
		}
		return false, endFault // the client comes again, and is told
	case through.Position == s.at.Position:
		return false, ""
	}
	for _, e := range events {
		s.chunk = appendFrame(s.chunk, e)
		if len(s.chunk) >= streamChunk {
			if why := s.write(); why != "" {
				return false, why
			}
		}
	}
	s.at = through
	if len(events) == 0 {
		return true, ""
	}
	s.sent = events[len(events)-1].Position
	return true, s.flush()
}

// beat shows that the stream is alive, or ends it if its token was revoked. The
// id in it, which is no event, spares a client that comes again what was looked
// through for it and not picked.
func (s *eventStream) beat(ctx context.Context) string {
	if !s.allowed(ctx) {
		return endRevoked
	}
	s.chunk = append(s.chunk, heartbeat...)
	if s.at.Position > s.sent {
		s.chunk = strconv.AppendInt(append(s.chunk, "id: "...), s.at.Position, 10)
		s.chunk = append(s.chunk, '\n')
		s.sent = s.at.Position
	}
	s.chunk = append(s.chunk, '\n')
	return s.flush()
}

// allowed says that the caller still holds its token. When that can't be told,
// what was true stays true, as it does for other calls.
func (s *eventStream) allowed(ctx context.Context) bool {
	limited, stop := context.WithTimeout(ctx, s.api.Live.Patience)
	defer stop()
	holder, known, err := s.api.Auth.Authenticate(limited, s.token(), s.api.Now())
	return err != nil || known && holder == s.call.caller
}

// flush writes what there is and sends it on its way.
func (s *eventStream) flush() string {
	if why := s.write(); why != "" {
		return why
	}
	return ended(s.control.Flush())
}

// write writes what there is. The time that the client has for it begins anew.
func (s *eventStream) write() string {
	err := s.control.SetWriteDeadline(time.Now().Add(s.api.Live.Patience))
	if err == nil || errors.Is(err, http.ErrNotSupported) {
		_, err = s.to.Write(s.chunk)
	}
	s.chunk = s.chunk[:0]
	if cap(s.chunk) > 2*streamChunk {
		s.chunk = nil // one large event must not be paid for until the stream ends
	}
	return ended(err)
}

// ended is why a stream ends by an error of its connection.
func ended(err error) string {
	switch {
	case err == nil, errors.Is(err, http.ErrNotSupported):
		return ""
	case errors.Is(err, os.ErrDeadlineExceeded):
		return endSlow
	default:
		return endClient
	}
}
