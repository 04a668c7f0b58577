package query

import (
	"context"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// FlagFilter picks flags. Zero values pick all.
type FlagFilter struct {
	State     projection.FlagState
	Closed    bool // picks every state but open; State is then the zero value
	App       kyc.App
	Violation kyc.Violation
	Severity  kyc.Severity
}

// FlagList is one page of flags, the newest first.
type FlagList struct {
	Flags []projection.Flag
	// More is the bound for the next page; 0 if this one is the last.
	More     int64
	Position int64 // of the read model
}

// Flags lists flags below a position, 0 for the first page. It returns a
// *StaleError.
func (r *Reads) Flags(ctx context.Context, f FlagFilter, below int64, limit int, fresh Fresh) (FlagList, error) {
	position, err := r.awaitModel(ctx, projection.FlagsName, fresh)
	if err != nil {
		return FlagList{Position: position}, err
	}
	rows, err := r.models.ListFlags(ctx, f, bound(below), limit+1)
	if err != nil {
		return FlagList{}, err
	}
	list := FlagList{Flags: rows, Position: position}
	if len(rows) > limit {
		list.Flags = rows[:limit]
		list.More = rows[limit-1].Position
	}
	return list, nil
}
