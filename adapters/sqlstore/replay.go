package sqlstore

import (
	"context"
	"database/sql"

	"dossier/adapters/codec"
	"dossier/application/replay"
	"dossier/domain/kyc"
)

// selectRows reads what folding needs and no more: most of an event's bytes are
// its metadata. Positions have no holes, so a range of them is a page.
const selectRows = `SELECT position, stream, version, type, data, recorded_at,
  CASE WHEN metadata LIKE '%"clock":%' THEN metadata ELSE '' END
FROM events WHERE position > $1 AND position <= $2
  AND ($3 = '' OR substr(stream, 1, length($3) + 1) = $3 || '/')
ORDER BY position`

// ReadRows implements [replay.Log].
func (s *Store) ReadRows(ctx context.Context, app kyc.App, after, through int64) ([]replay.Row, error) {
	if !storable(string(app)) {
		return nil, nil // no event has such an app
	}
	n, err := s.giveable(ctx, after, int(through-after))
	if err != nil || n == 0 {
		return nil, s.readError("read the head", err)
	}
	through = after + int64(n)
	events := make([]replay.Row, 0, n)
	err = each(ctx, preparedReads{s}, func(rows *sql.Rows) error {
		var r replay.Row
		var micros int64
		err := rows.Scan(&r.Position, &r.Stream, &r.Version, &r.Type, &r.Data, &micros, &r.Clocked)
		r.RecordedAt = codec.TimeOf(micros)
		events = append(events, r)
		return err
	}, selectRows, after, through, string(app))
	return events, s.readError("read the log", err)
}
