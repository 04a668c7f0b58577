package httpapi

import (
	"context"
	"strings"
	"unicode/utf8"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// StreamPath is the part of a path that names a session. It is exported only
// because huma reads no other embedded fields.
type StreamPath struct {
	App       string `path:"app" example:"default" doc:"The app that the session belongs to."`
	SessionID string `path:"session_id" example:"2ac3f7ab-3729-f968-3f55-aa47e881" doc:"The provider's id of the session, percent-encoded where it needs to be."`
}

// stream returns the session that a path names, and notes it for the log. What
// no session can be named was never found: databases would refuse the text.
func (p StreamPath) stream(ctx context.Context) (eventlog.Stream, error) {
	app, err := kyc.ParseApp(p.App)
	if err != nil || len(p.SessionID) > eventlog.MaxSessionID || !storable(p.SessionID) {
		return eventlog.Stream{}, &failure{Problem: sessionNotFound}
	}
	s := eventlog.Stream{App: app, Session: kyc.SessionID(p.SessionID)}
	callOf(ctx).stream = s
	return s, nil
}

// storable says that every database can hold the text.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
