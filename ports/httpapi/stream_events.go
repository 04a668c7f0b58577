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
	"github.com/google/uuid"

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
	badLastEventID = problem.Problem{Type: "invalid-last-event-id", Title: "The Last-Event-ID is none of ours", Status: http.StatusBadRequest}
	beyondHead     = problem.Problem{Type: "position-beyond-head", Title: "The log does not reach that position", Status: http.StatusBadRequest}
	tooManyStreams = problem.Problem{Type: "too-many-streams", Title: "No more live streams are served now", Status: http.StatusServiceUnavailable, RetryAfter: streamRetryAfter}
)

// streamEvents answers with a live stream. What it refuses is refused before the
// stream begins.
func (a *api) streamEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	c := callOf(ctx)
	at, err := in.begin(c.request.URL.Query())
	if err != nil {
		return nil, err
	}
	follower, err := a.follow(ctx, at)
	if err != nil {
		return nil, err
	}
	s := &eventStream{
		api: a, call: c, follower: follower, at: at, sent: at.Position,
		filter: eventlog.Filter{App: kyc.App(in.App), Type: in.Type},
	}
	return &eventsOutput{Position: follower.Head, Body: s.serve}, nil
}

// begin returns the place behind which a stream begins: the event that the client
// got last, which a browser sends when it comes again with the same URL, else the
// place in the URL.
func (in *eventsInput) begin(asked url.Values) (eventlog.Place, error) {
	for _, name := range []string{"limit", "min_position", "wait"} {
		if asked.Has(name) {
			return eventlog.Place{}, invalid("query."+name, "has no meaning for a live stream")
		}
	}
	if in.LastEventID == "" {
		return in.place()
	}
	at, err := parseLastEventID(in.LastEventID)
	if err != nil {
		return at, &failure{Problem: badLastEventID.With(sentence(err))}
	}
	return at, nil
}

// place returns the place in the URL.
func (in *eventsInput) place() (eventlog.Place, error) {
	if in.AfterEvent != "" && in.After == 0 {
		return eventlog.Place{}, invalid("query.after_event", "needs after, the position of that event")
	}
	return eventlog.Place{Position: in.After, EventID: in.AfterEvent}, nil
}

var errLastEventID = errors.New("the id of an event of this stream is expected, which is a position such as 12, " +
	"or that and the event's own id, such as 12:019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90")

// parseLastEventID reads a position in the one form in which it was sent, and the
// id of the event there, if that stands behind a colon.
func parseLastEventID(text string) (at eventlog.Place, err error) {
	number, id, named := strings.Cut(text, ":")
	position, err := strconv.ParseInt(number, 10, 64)
	if err != nil || position < 0 || strconv.FormatInt(position, 10) != number {
		return at, errLastEventID
	}
	if named && (position == 0 || !isEventID(id)) {
		return at, errLastEventID
	}
	return eventlog.Place{Position: position, EventID: id}, nil
}

// isEventID says that a text has the form of an event's id.
func isEventID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

// follow takes one of the places that there are for streams. Who has it serves
// the stream, which gives it back.
func (a *api) follow(ctx context.Context, at eventlog.Place) (*query.Follower, error) {
	if !a.streams.enter() {
		return nil, &failure{Problem: tooManyStreams}
	}
	follower, err := a.newest.Follow(ctx, at)
	if err != nil {
		a.streams.leave("")
		return nil, a.fail(ctx, err, 0)
	}
	// Who names an event has got it, also if it may not be given out just now.
	if at.EventID == "" && at.Position > follower.Head {
		follower.Close()
		a.streams.leave("")
		p := beyondHead.With(fmt.Sprintf("Its head is %d, and %d was asked for: the log may have been restored to an earlier time.", follower.Head, at.Position))
		return nil, &failure{Problem: p, Position: &follower.Head}
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
