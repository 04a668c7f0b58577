package traffic

import (
	"errors"
	"net"
	"time"
)

// Standing is what an attempt's answer says about the log.
type Standing string

// The standings of an attempt.
const (
	Acknowledged Standing = "acknowledged" // 200: the event is in the log, durably
	Refused      Standing = "refused"      // the server promises that it wrote nothing
	Unknown      Standing = "unknown"      // it may be in the log or not
)

// Attempt is one request and what came back: a line of the recording.
type Attempt struct {
	EventID  string        `json:"event_id"` // the delivery's id
	Number   int           `json:"number"`   // the delivery's place in the plan; negative: made to be refused
	Class    string        `json:"class"`    // what the delivery is
	Why      string        `json:"why"`      // first, retry, twin, late
	Server   int           `json:"server"`
	Begun    time.Time     `json:"begun"`
	Took     time.Duration `json:"took"`
	Status   int           `json:"status"` // of HTTP; 0: no answer
	Slug     string        `json:"slug,omitempty"`
	Outcome  string        `json:"outcome,omitempty"`
	Position int64         `json:"position,omitempty"`
	Version  int64         `json:"version,omitempty"`
	Fault    string        `json:"fault,omitempty"` // of the transport
	Standing Standing      `json:"standing"`
}

// Ended is when the answer was there.
func (a Attempt) Ended() time.Time { return a.Begun.Add(a.Took) }

// promised are the slugs of the answers 503 that promise that nothing was
// written (docs/architecture.md, Errors).
func promised(slug string) bool {
	switch slug {
	case "log-busy", "log-unavailable", "shutting-down":
		return true
	default:
		return false
	}
}

// judge says what an answer means: a status, or an error of the transport.
func judge(status int, slug string, err error) Standing {
	switch {
	case err != nil && neverSent(err):
		return Refused
	case err != nil:
		return Unknown
	case status == 200:
		return Acknowledged
	case status >= 400 && status < 500, promised(slug):
		return Refused
	default:
		return Unknown
	}
}

// neverSent says that there was no connection to send by.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
