package pubsub

import (
	"context"
	"errors"
	"fmt"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// sessionPage is how many events of a session are read at once.
const sessionPage = 500

// Session folds the events of a session up to one of them. A handler asks the
// result for the session's overall status, with the rules of the session's app:
// an approved step never approves the session by itself. It returns
// ErrUnknownType if an event on the way is of a type that this version does not
// know, and eventlog.ErrNotFound if the database does not have that event.
func (s *Subscriber) Session(ctx context.Context, e Event) (*kyc.Session, error) {
	session := kyc.NewSession()
	stream := eventlog.Stream{App: e.App, Session: e.Session}
	for session.Version() < e.Version {
		limit := int(min(sessionPage, e.Version-session.Version()))
		events, err := s.store.ReadStream(ctx, stream, session.Version(), limit)
		if errors.Is(err, codec.ErrUnknownName) {
			err = fmt.Errorf("%w: %w", ErrUnknownType, err)
		}
		if err == nil && len(events) == 0 {
			err = eventlog.ErrNotFound
		}
		if err != nil {
			return nil, fmt.Errorf("fold the session of the event at position %d: %w", e.Position, err)
		}
		for _, event := range events {
			session.Apply(event.Event, event.Mark())
		}
	}
	return session, nil
}
