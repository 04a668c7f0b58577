package eventlog

import (
	"fmt"
	"strings"

	"dossier/domain/kyc"
)

// Stream names the history of one session.
type Stream struct {
	App     kyc.App
	Session kyc.SessionID
}

// Key returns the stream's name in the log, `app/session_id`. It contains the
// session id, which is a credential: for storage, never for a log line.
func (s Stream) Key() string { return string(s.App) + "/" + string(s.Session) }

// String returns the app and a placeholder for the session id.
func (s Stream) String() string { return string(s.App) + "/" + s.Session.String() }

// ParseStream reads a key. The error does not contain it.
func ParseStream(key string) (Stream, error) {
	app, session, found := strings.Cut(key, "/")
	if !found || app == "" || session == "" {
		return Stream{}, fmt.Errorf("stream key of %d bytes: the form app/session_id is expected", len(key))
	}
	return Stream{App: kyc.App(app), Session: kyc.SessionID(session)}, nil
}
