package query

import (
	"context"
	"errors"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// replayPage is how many events of a stream are read at a time.
const replayPage = 1000

// SessionAnswer is one session, and the position that the answer has seen.
type SessionAnswer struct {
	Session  projection.Session
	Position int64
}

// Session answers from the read model. It returns ErrNoSuchSession or a
// *StaleError.
func (r *Reads) Session(ctx context.Context, stream eventlog.Stream, fresh Fresh) (SessionAnswer, error) {
	position, err := r.awaitModel(ctx, projection.SessionsName, fresh)
	if err != nil {
		return SessionAnswer{Position: position}, err
	}
	row, found, err := r.models.FindSession(ctx, stream)
	if err == nil && !found {
		err = ErrNoSuchSession
	}
	return SessionAnswer{row, position}, err
}

// SessionAtVersion replays a session up to a version, inclusive. It returns
// ErrNoSuchSession, ErrNoSuchVersion or a *StaleError.
func (r *Reads) SessionAtVersion(ctx context.Context, stream eventlog.Stream, version int64, fresh Fresh) (SessionAnswer, error) {
	answer, err := r.replay(ctx, stream, fresh, throughVersion(version))
	// Before its first event a session is none, not one at version 0.
	if err == nil && (version < 1 || answer.Session.State.Version != version) {
		err = ErrNoSuchVersion
	}
	return answer, err
}

// SessionAsOf replays what had been recorded of a session at a time,
// inclusive. It returns ErrNoSuchSession, ErrNoSuchVersion if the session did
// not exist then, or a *StaleError.
func (r *Reads) SessionAsOf(ctx context.Context, stream eventlog.Stream, at time.Time, fresh Fresh) (SessionAnswer, error) {
	answer, err := r.replay(ctx, stream, fresh, recordedAt(at))
	if err == nil && answer.Session.State.Version == 0 {
		err = ErrNoSuchVersion
	}
	return answer, err
}

// SessionReplayed replays all that is recorded of a session: how it stands,
// however far the read model is. It returns ErrNoSuchSession.
func (r *Reads) SessionReplayed(ctx context.Context, stream eventlog.Stream) (SessionAnswer, error) {
	return r.replay(ctx, stream, Fresh{}, everything)
}

// replay folds a stream as long as its events belong to the past that is asked
// for.
func (r *Reads) replay(ctx context.Context, stream eventlog.Stream, fresh Fresh, past past) (SessionAnswer, error) {
	position, err := r.awaitLog(ctx, fresh)
	if err != nil {
		return SessionAnswer{Position: position}, err
	}
	session := kyc.NewSession()
	err = r.walk(ctx, stream, past, func(e eventlog.Recorded) { session.Apply(e.Event, e.Mark()) })
	if errors.Is(err, ErrNoSuchSession) {
		return SessionAnswer{Position: position}, err
	}
	if err != nil {
		return SessionAnswer{}, err
	}
	return r.answer(stream, session, position), nil
}

// past says whether an event belongs to the past that is asked for, and whether a
// later one may.
type past func(eventlog.Recorded) (belongs, more bool)

func everything(eventlog.Recorded) (belongs, more bool) { return true, true }

func throughVersion(version int64) past {
	return func(e eventlog.Recorded) (belongs, more bool) { return e.Version <= version, e.Version <= version }
}

// recordedAt is what had been recorded at a time. An event of a clock that was
// ahead had been, if a later one had.
func recordedAt(at time.Time) past {
	return func(e eventlog.Recorded) (belongs, more bool) { return !e.Clock().After(at), true }
}

// walk visits the events of a stream in order, up to the last that belongs to the
// past that is asked for. It returns ErrNoSuchSession if there are none at all.
func (r *Reads) walk(ctx context.Context, stream eventlog.Stream, past past, visit func(eventlog.Recorded)) error {
	var doubtful []eventlog.Recorded // they belong to the past if a later one does
	for seen := int64(0); ; {
		page, err := r.log.ReadStream(ctx, stream, seen, replayPage)
		if err != nil {
			return err
		}
		if seen == 0 && len(page) == 0 {
			return ErrNoSuchSession
		}
		for _, e := range page {
			seen = e.Version
			doubtful = append(doubtful, e)
			belongs, more := past(e)
			if !more {
				return nil
			}
			if !belongs {
				continue
			}
			for _, e := range doubtful {
				visit(e)
			}
			doubtful = doubtful[:0]
		}
		if len(page) < replayPage {
			return nil
		}
	}
}

func (r *Reads) answer(stream eventlog.Stream, s *kyc.Session, position int64) SessionAnswer {
	return SessionAnswer{projection.NewSession(stream, s, r.rules.For(stream.App)), position}
}
