package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

const (
	eventStreamType = "text/event-stream"
	lastEventID     = "Last-Event-ID"
)

// The problems that only a live stream has.
var (
	badLastEventID = problem.Problem{Type: "invalid-last-event-id", Title: "The Last-Event-ID is no position", Status: http.StatusBadRequest}
	beyondHead     = problem.Problem{Type: "position-beyond-head", Title: "The log does not reach that position", Status: http.StatusBadRequest}
	tooManyStreams = problem.Problem{Type: "too-many-streams", Title: "No more live streams are served now", Status: http.StatusServiceUnavailable, RetryAfter: streamRetryAfter}
)

// streamEvents answers with a live stream. What it refuses is refused before the
// stream begins.
func (a *api) streamEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	c := callOf(ctx)
	after, err := in.begin(c.request.URL.Query())
	if err != nil {
		return nil, err
	}
	follower, err := a.follow(ctx, after)
	if err != nil {
		return nil, err
	}
	s := &eventStream{
		api: a, call: c, follower: follower, after: after, sent: after,
		filter: eventlog.Filter{App: kyc.App(in.App), Type: in.Type},
	}
	return &eventsOutput{Position: follower.Head, Body: s.serve}, nil
}

// begin returns the position after which a stream begins: that of the event
// which the client got last, which a browser sends when it comes again with the
// same URL, else that of the URL.
func (in *eventsInput) begin(asked url.Values) (int64, error) {
	for _, name := range []string{"limit", "min_position", "wait"} {
		if asked.Has(name) {
			return 0, invalid("query."+name, "has no meaning for a live stream")
		}
	}
	if in.LastEventID == "" {
		return in.After, nil
	}
	after, err := parseLastEventID(in.LastEventID)
	if err != nil {
		return 0, &failure{Problem: badLastEventID.With(sentence(err))}
	}
	return after, nil
}

var errLastEventID = errors.New("the id of an event of this stream is expected, which is a position such as 12")

// parseLastEventID reads the id of an event, in the one form in which it was
// sent.
func parseLastEventID(text string) (int64, error) {
	position, err := strconv.ParseInt(text, 10, 64)
	if err != nil || position < 0 || strconv.FormatInt(position, 10) != text {
		return 0, errLastEventID
	}
	return position, nil
}

// follow takes one of the places that there are for streams. Who has it serves
// the stream, which gives it back.
func (a *api) follow(ctx context.Context, after int64) (*query.Follower, error) {
	if !a.streams.enter() {
		return nil, &failure{Problem: tooManyStreams}
	}
	follower, err := a.newest.Follow(ctx)
	if err == nil && after > follower.Head {
		follower.Close()
		p := beyondHead.With(fmt.Sprintf("Its head is %d, and %d was asked for: the log may have been restored to an earlier time.", follower.Head, after))
		a.streams.leave("")
		return nil, &failure{Problem: p, Position: &follower.Head}
	}
	if err != nil {
		a.streams.leave("")
		return nil, a.fail(ctx, err, 0)
	}
	return follower, nil
}

// serve answers a call with the stream.
func (s *eventStream) serve(h huma.Context) {
	end := endFault // of a panic
	defer func() {
		s.follower.Close()
		s.api.streams.leave(end)
	}()
	h.SetHeader("Content-Type", eventStreamType)
	// A proxy that collects an answer before it passes it on would hold events
	// back.
	h.SetHeader("X-Accel-Buffering", "no")
	h.SetStatus(http.StatusOK)
	r, w := humago.Unwrap(h)
	if r.Method == http.MethodHead {
		end = endClient
		return
	}
	s.to, s.control = w, http.NewResponseController(w)
	end = s.run(r.Context())
}

// token returns what the call was authenticated by.
func (s *eventStream) token() string {
	token, _ := bearer(s.call.request.Header.Get("Authorization"))
	return token
}

// appendFrame appends an event as one of the stream. Its data is the JSON that
// the other form of the call answers; a line break in it, which can only stand
// between its parts, begins another line of data.
func appendFrame(text []byte, e eventlog.Recorded) []byte {
	text = strconv.AppendInt(append(text, "id: "...), e.Position, 10)
	text = append(append(text, "\nevent: "...), e.Type...)
	text = append(text, "\ndata: "...)
	if strings.ContainsAny(e.Data, "\r\n") || strings.ContainsAny(e.Metadata, "\r\n") {
		text = append(text, dataLines().Replace(string(appendEvent(nil, e)))...)
	} else {
		text = appendEvent(text, e)
	}
	return append(text, "\n\n"...)
}

func dataLines() *strings.Replacer {
	return strings.NewReplacer("\r\n", "\ndata: ", "\r", "\ndata: ", "\n", "\ndata: ")
}
