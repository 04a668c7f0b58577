package command

import (
	"context"
	"errors"
	"slices"
	"strings"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// ErrPurposeRequired: a person asked for details without saying why.
var ErrPurposeRequired = errors.New("a purpose is required")

// ErrStepNotFound: the session has no such step, or there is no such session.
var ErrStepNotFound = errors.New("no such step")

// AccessDetails records that a person is let look at what the provider keeps of a
// step.
type AccessDetails struct {
	log   eventlog.Appender
	rules kyc.RuleBook
}

// NewAccessDetails returns the command over a log.
func NewAccessDetails(log eventlog.Appender, rules kyc.RuleBook) AccessDetails {
	return AccessDetails{log, rules}
}

// Handle records the access. It returns ErrPurposeRequired, ErrStepNotFound, or
// an error of [eventlog.Appender]: then nothing may be shown.
func (c AccessDetails) Handle(ctx context.Context, stream eventlog.Stream, access kyc.DetailsAccessed) (eventlog.Receipt, error) {
	if strings.TrimSpace(access.Purpose) == "" {
		return eventlog.Receipt{}, ErrPurposeRequired
	}
	return c.log.Append(ctx, eventlog.Request{
		Stream: stream, Metadata: eventlog.Metadata{Actor: access.By},
		Decide: func(h eventlog.Head) ([]kyc.Event, error) {
			if !c.has(stream.App, h.Session, access.StepID) {
				return nil, ErrStepNotFound
			}
			return []kyc.Event{access}, nil
		},
	})
}

// has says whether a session has a step. Those of a company are no tracks: the
// provider knows them by their service.
func (c AccessDetails) has(app kyc.App, session *kyc.Session, id kyc.StepID) bool {
	if session.Kind(c.rules.For(app)) == kyc.KindCorporate {
		return session.Version() > 0
	}
	return slices.ContainsFunc(session.State().Steps, func(t kyc.Track) bool { return t.StepID == id })
}
