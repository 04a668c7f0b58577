package query

import (
	"context"
	"math"
	"time"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// SessionFilter picks sessions. Zero values pick all.
type SessionFilter struct {
	App           kyc.App
	Status        kyc.Overall
	Kind          kyc.Kind
	Service       kyc.Service // one of the session's steps has it
	Flagged       *bool       // has, or has not, open flags
	UpdatedAfter  time.Time   // exclusive
	UpdatedBefore time.Time   // exclusive
}

// SessionList is one page of sessions, the newest change first.
type SessionList struct {
	Sessions []projection.Session
	// More is the bound for the next page; 0 if this one is the last.
	More     int64
	Position int64 // of the read model
}

// Sessions lists sessions whose last event is below a position, 0 for the
// first page. A session that changes while a caller pages moves to the front:
// no page shows it twice.
func (r *Reads) Sessions(ctx context.Context, f SessionFilter, below int64, limit int, fresh Fresh) (SessionList, error) {
	position, err := r.awaitModel(ctx, projection.SessionsName, fresh)
	if err != nil {
		return SessionList{Position: position}, err
	}
	rows, err := r.models.ListSessions(ctx, f, bound(below), limit+1)
	if err != nil {
		return SessionList{}, err
	}
	list := SessionList{Sessions: rows, Position: position}
	if len(rows) > limit {
		list.Sessions = rows[:limit]
		list.More = rows[limit-1].State.Position
	}
	return list, nil
}

// bound turns "no bound" into one that excludes nothing.
func bound(below int64) int64 {
	if below == 0 {
		return math.MaxInt64
	}
	return below
}
