package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"

	"dossier/adapters/codec"
	"dossier/application/audit"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/translog"
)

const (
	auditCheckpoints = `SELECT name, version, position FROM checkpoints`

	// What is sealed grows after the log, so one snapshot must show it no longer.
	auditBounds = `SELECT (SELECT coalesce(max(position), 0) FROM events),
  (SELECT coalesce(max(size), 0) FROM log_checkpoints)`

	auditStatistics = `SELECT hours, start, app, metric, service, label, detail, count FROM stats`

	auditLastTile = `SELECT number, length(hashes) FROM tiles WHERE level = 0 ORDER BY number DESC LIMIT 1`

	auditFlagRows = `SELECT f.position, f.app, f.session_id,
  (SELECT coalesce(max(position), 0) FROM checkpoints WHERE name = 'flags'),
  e.event_id, e.stream, e.version, e.type, e.data, e.metadata, e.recorded_at
FROM flags AS f LEFT JOIN events AS e ON e.position = f.position
WHERE f.position > $1 ORDER BY f.position LIMIT $2`

	// Of the events behind the first only those are read which may have come
	// along with it. They are found by position alone: by stream as well, a
	// planner may go through the whole stream for each of them.
	auditDeliveryRows = `SELECT d.app, d.delivery_id, d.sha256, d.position, d.version, d.last_position, d.recorded_at,
  e.event_id, e.stream, e.version, '', '', e.metadata, e.recorded_at,
  CASE WHEN l.stream = e.stream THEN l.event_id END, l.stream, l.version, '', '',
  CASE WHEN l.stream = e.stream THEN l.metadata END, l.recorded_at,
  CASE WHEN n.stream = e.stream THEN n.event_id END, n.stream, n.version, '', '',
  CASE WHEN n.stream = e.stream THEN n.metadata END, n.recorded_at
FROM (SELECT app, delivery_id, sha256, position, version, last_position, recorded_at FROM deliveries
  WHERE (app, delivery_id, sha256) > ($1, $2, $3)
  ORDER BY app, delivery_id, sha256 LIMIT $4) AS d
LEFT JOIN events AS e ON e.position = d.position
LEFT JOIN events AS l ON l.position = d.last_position AND d.last_position <> d.position
LEFT JOIN events AS n ON n.position = d.last_position + 1
ORDER BY d.app, d.delivery_id, d.sha256`
)

// Audit reads a store as it is stored, for [audit.Verifier]. Each of its calls
// is one snapshot.
type Audit struct{ store *Store }

// NewAudit returns the readings of a store, which may be one that is read only.
func NewAudit(s *Store) Audit { return Audit{s} }

// inSnapshot runs fn in a transaction that sees one state of the database, of
// one build of each read model, and writes nothing.
func (a Audit) inSnapshot(ctx context.Context, fn func(*sql.Tx) error) (err error) {
	tx, err := a.store.pools.Reads.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return a.store.readError("begin to read", err)
	}
	defer func() {
		if end := tx.Rollback(); end != nil && !errors.Is(end, sql.ErrTxDone) {
			err = errors.Join(err, end)
		}
	}()
	if a.store.dialect.HoldModels != "" {
		if _, err := tx.ExecContext(ctx, a.store.dialect.HoldModels); err != nil {
			return err
		}
	}
	return fn(tx)
}

// Bounds implements [audit.Log].
func (a Audit) Bounds(ctx context.Context) (b audit.Bounds, err error) {
	err = a.inSnapshot(ctx, func(tx *sql.Tx) (err error) {
		if err := tx.QueryRowContext(ctx, auditBounds).Scan(&b.Head, &b.Signed); err != nil {
			return err
		}
		var number, bytes int64
		switch err := tx.QueryRowContext(ctx, auditLastTile).Scan(&number, &bytes); {
		case err == nil:
			b.Leaves = number<<translog.TileHeight + bytes/hashSize
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		b.Models, err = auditedModels(ctx, tx)
		return err
	})
	return b, a.store.readError("read how far the parts of the store are", err)
}

// hashSize is the length of a hash of the tree in bytes.
const hashSize = 32

func auditedModels(ctx context.Context, tx *sql.Tx) (map[string]audit.Checkpoint, error) {
	models := map[string]audit.Checkpoint{}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var name string
		var c audit.Checkpoint
		err := rows.Scan(&name, &c.Version, &c.Position)
		models[name] = c
		return err
	}, auditCheckpoints)
	return models, err
}

// Events implements [audit.Log].
func (a Audit) Events(ctx context.Context, after int64, limit int) ([]audit.Event, error) {
	events := make([]audit.Event, 0, limit)
	err := each(ctx, a.store.pools.Reads, func(rows *sql.Rows) error {
		e, _, err := scanAudited(rows)
		events = append(events, e)
		return err
	}, selectAll, after, limit)
	return events, a.store.readError("read the log", err)
}

// StreamEvents implements [audit.Log].
func (a Audit) StreamEvents(ctx context.Context, s eventlog.Stream, after int64, limit int) ([]audit.Event, error) {
	var events []audit.Event
	err := each(ctx, a.store.pools.Reads, func(rows *sql.Rows) error {
		e, _, err := scanAudited(rows)
		events = append(events, e)
		return err
	}, selectStream, s.Key(), after, limit)
	return events, a.store.readError("read a stream", err)
}

// Statistics implements [audit.Statistics].
func (a Audit) Statistics(ctx context.Context) (all map[audit.StatKey]int64, at audit.Checkpoint, err error) {
	all = map[audit.StatKey]int64{}
	err = a.inSnapshot(ctx, func(tx *sql.Tx) error {
		models, err := auditedModels(ctx, tx)
		if err != nil {
			return err
		}
		at = models[projection.StatsName]
		return each(ctx, tx, func(rows *sql.Rows) error {
			var k audit.StatKey
			var count int64
			err := rows.Scan(&k.Hours, &k.Start, &k.App, &k.Metric, &k.Service, &k.Label, &k.Detail, &count)
			all[k] = count
			return err
		}, auditStatistics)
	})
	return all, at, a.store.readError("read the statistics", err)
}

// scanAudited scans the columns of an event, and understands of them what it
// can. It returns the name of the stream, too, which may be none.
func scanAudited(rows *sql.Rows) (e audit.Event, key string, err error) {
	var micros int64
	err = rows.Scan(&e.Position, &e.EventID, &key, &e.Version, &e.Type, &e.Data, &e.Metadata, &micros)
	if err == nil {
		understand(&e, key, micros)
	}
	return e, key, err
}

func understand(e *audit.Event, key string, micros int64) {
	understandOrigin(e, key, micros)
	e.Event, e.DataFault = codec.Decode(e.Type, e.Data)
}

// understandOrigin leaves out what happened.
func understandOrigin(e *audit.Event, key string, micros int64) {
	e.RecordedAt = codec.TimeOf(micros)
	e.Stream, e.StreamFault = eventlog.ParseStream(key)
	e.Came, e.MetadataFault = codec.DecodeMetadata(e.Metadata)
}

// joined are the columns of an event that may not be there.
type joined struct {
	id, stream, name, data, metadata sql.NullString
	version, recorded                sql.NullInt64
}

func (j *joined) columns() []any {
	return []any{&j.id, &j.stream, &j.version, &j.name, &j.data, &j.metadata, &j.recorded}
}

// event returns nothing if there is none. What is understood of it is up to fn.
func (j *joined) event(position int64, fn func(e *audit.Event, key string, micros int64)) *audit.Event {
	if !j.id.Valid {
		return nil
	}
	var e audit.Event
	e.Position, e.EventID, e.Version = position, j.id.String, j.version.Int64
	e.Type, e.Data, e.Metadata = j.name.String, j.data.String, j.metadata.String
	fn(&e, j.stream.String, j.recorded.Int64)
	return &e
}

// FlagRows implements [audit.Models].
func (a Audit) FlagRows(ctx context.Context, after int64, limit int) (all []audit.FlagEvent, folded int64, err error) {
	err = each(ctx, a.store.pools.Reads, func(rows *sql.Rows) error {
		var f audit.FlagEvent
		var app, id string
		var j joined
		err := rows.Scan(append([]any{&f.Position, &app, &id, &folded}, j.columns()...)...)
		f.Stream, f.Event = stream(app, id), j.event(f.Position, understand)
		all = append(all, f)
		return err
	}, auditFlagRows, after, limit)
	return all, folded, a.store.readError("read the flags", err)
}

// DeliveryRows implements [audit.Deliveries].
func (a Audit) DeliveryRows(ctx context.Context, after audit.DeliveryKey, limit int) ([]audit.Delivery, error) {
	hash, err := hex.DecodeString(after.SHA256)
	if err != nil {
		return nil, err
	}
	var all []audit.Delivery
	err = each(ctx, a.store.pools.Reads, func(rows *sql.Rows) error {
		var d audit.Delivery
		var hash []byte
		var micros int64
		var first, final, behind joined
		into := []any{&d.App, &d.ID, &hash, &d.Position, &d.Version, &d.Last, &micros}
		into = append(append(append(into, first.columns()...), final.columns()...), behind.columns()...)
		err := rows.Scan(into...)
		d.SHA256, d.RecordedAt = hex.EncodeToString(hash), codec.TimeOf(micros)
		d.First = first.event(d.Position, understandOrigin)
		d.Final = final.event(d.Last, understandOrigin)
		d.After = behind.event(d.Last+1, understandOrigin)
		all = append(all, d)
		return err
	}, auditDeliveryRows, after.App, after.ID, hash, limit)
	return all, a.store.readError("read the deliveries", err)
}

// KnownDeliveries implements [audit.Deliveries].
func (a Audit) KnownDeliveries(ctx context.Context, apps, ids []string) (map[audit.DeliveryKey]bool, error) {
	known := make(map[audit.DeliveryKey]bool, len(ids))
	d := a.store.dialect
	err := each(ctx, a.store.pools.Reads, func(rows *sql.Rows) error {
		var r batchRow
		err := rows.Scan(&r.what, &r.a, &r.b, &r.sha256, &r.n1, &r.n2, &r.n3)
		if r.what == rowDelivery {
			known[audit.DeliveryKey{App: r.a, ID: r.b, SHA256: hex.EncodeToString(r.sha256)}] = true
		}
		return err
	}, d.LoadBatch, append(d.Bulk(Texts{}), d.Bulk(Texts(apps), Texts(ids))...)...)
	return known, a.store.readError("read deliveries", err)
}

// ReadTile implements [translog.Tiles].
func (a Audit) ReadTile(ctx context.Context, level int, number int64) ([]byte, error) {
	return a.store.ReadTile(ctx, level, number)
}

// Signed implements [audit.Tree].
func (a Audit) Signed(ctx context.Context, above int64, limit int) ([]translog.Signed, error) {
	return a.store.AllSigned(ctx, above, limit)
}

// Cuts implements [audit.Log].
func (a Audit) Cuts(ctx context.Context, limit int) ([]eventlog.Cut, error) {
	return a.store.Cuts(ctx, limit)
}
