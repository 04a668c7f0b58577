package reconcile

import (
	"context"
	"time"

	"dossier/domain/kyc"
)

// Oldest is a status of sessions that are not settled, and when the session of
// it changed last that has waited longest.
type Oldest struct {
	Status kyc.Overall
	Since  time.Time // zero if there is none
}

// OldestUnsettled returns one for each status. Sessions that the provider does
// not know wait for nothing.
func OldestUnsettled(ctx context.Context, m Models) (all []Oldest, err error) {
	for _, status := range Unsettled() {
		since, err := oldest(ctx, m, status)
		if err != nil {
			return nil, err
		}
		all = append(all, Oldest{status, since})
	}
	return all, nil
}

func oldest(ctx context.Context, m Models, status kyc.Overall) (since time.Time, err error) {
	for above := int64(0); ; {
		page, err := m.OldestSessions(ctx, status, above, sweepPage)
		if err != nil || len(page) == 0 {
			return time.Time{}, err
		}
		for _, row := range page {
			if !row.State.Unknown {
				return row.State.UpdatedAt, nil
			}
			above = row.State.Position
		}
	}
}
