package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// sumStats reads counts, times and the top reasons in one statement, so that all
// are of one moment: the reasons that are not among the top are told by
// difference. Times are most of the rows: the bins of each service come as one
// text, in the order of the primary key, which needs no sorting.
const sumStats = `SELECT start, metric, service, label, detail, count
FROM stats
WHERE hours = $4 AND start >= $1 AND start < $2 AND ($3 = '' OR app = $3)
  AND metric IN ('opened', 'outcome', 'change', 'status', 'started', 'flag', 'resolution')
UNION ALL
SELECT start, metric, service, string_agg(label || ':' || count, ' '), '', 0
FROM stats
WHERE hours = $4 AND start >= $1 AND start < $2 AND ($3 = '' OR app = $3) AND metric = 'decision'
GROUP BY hours, metric, start, app, service
UNION ALL
SELECT start, metric, service, label, detail, n FROM (
  SELECT min(start) AS start, metric, service, label, detail, CAST(sum(count) AS bigint) AS n
  FROM stats
  WHERE hours = $4 AND start >= $1 AND start < $2 AND ($3 = '' OR app = $3) AND metric = 'reason'
  GROUP BY metric, service, label, detail
  ORDER BY n DESC, service, label, detail LIMIT $5
) AS top`

// SumStats returns the counts of each bucket of a span of statistics, and its
// most frequent reasons.
func (s *Store) SumStats(ctx context.Context, f query.StatsFilter, reasons int) (counts, top []projection.Stat, err error) {
	if !storable(string(f.App)) {
		return nil, nil, nil // no row has such a name
	}
	err = each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		row, err := scanStat(rows)
		row.Bucket = f.Bucket
		if row.Metric == projection.MetricReason {
			top = append(top, row)
		} else {
			counts = append(counts, row)
		}
		return err
	}, sumStats, f.From, f.To, string(f.App), f.Bucket.Hours(), reasons)
	return counts, top, s.readError("sum statistics", err)
}

func scanStat(rows *sql.Rows) (row projection.Stat, err error) {
	var metric, service string
	if err := rows.Scan(&row.Start, &metric, &service, &row.Label, &row.Detail, &row.Count); err != nil {
		return row, err
	}
	var known bool
	row.Service = kyc.Service(service)
	if row.Metric, known = projection.ParseMetric(metric); !known {
		return row, fmt.Errorf("a row of stats with metric %q", metric)
	}
	return row, nil
}

// LoadWaiting implements [projection.StatRows].
func (m modelTx) LoadWaiting(ctx context.Context, streams []eventlog.Stream) (waiting []projection.Waiting, err error) {
	apps, ids := make(Texts, len(streams)), make(Texts, len(streams))
	for i, s := range streams {
		apps[i], ids[i] = string(s.App), string(s.Session)
	}
	err = each(ctx, m.tx, func(rows *sql.Rows) error {
		var app, id, step string
		var since int64
		err := rows.Scan(&app, &id, &step, &since)
		waiting = append(waiting, projection.Waiting{
			Stream: stream(app, id), StepID: kyc.StepID(step), Since: codec.TimeOf(since),
		})
		return err
	}, m.statements.LoadWaiting, m.dialect.Bulk(apps, ids)...)
	return waiting, err
}

// SaveStats implements [projection.StatRows].
func (m modelTx) SaveStats(ctx context.Context, change projection.StatsChange) error {
	if err := m.addStats(ctx, change.Counts); err != nil {
		return err
	}
	if len(change.Waiting) > 0 {
		apps, ids, steps, since := waitingColumns(change.Waiting)
		args := m.dialect.Bulk(apps, ids, steps, since)
		if _, err := m.tx.ExecContext(ctx, m.statements.SaveWaiting, args...); err != nil {
			return err
		}
	}
	if len(change.Decided) == 0 {
		return nil
	}
	apps, ids, steps, _ := waitingColumns(change.Decided)
	_, err := m.tx.ExecContext(ctx, m.statements.DeleteWaiting, m.dialect.Bulk(apps, ids, steps)...)
	return err
}

func (m modelTx) addStats(ctx context.Context, counts []projection.Stat) error {
	n := len(counts)
	apps, metrics, services := make(Texts, n), make(Texts, n), make(Texts, n)
	labels, details := make(Texts, n), make(Texts, n)
	hours, starts, numbers := make(Ints, n), make(Ints, n), make(Ints, n)
	for i, c := range counts {
		apps[i], metrics[i], services[i] = string(c.App), c.Metric.String(), string(c.Service)
		labels[i], details[i] = c.Label, c.Detail
		hours[i], starts[i], numbers[i] = c.Bucket.Hours(), c.Start, c.Count
	}
	args := m.dialect.Bulk(hours, starts, apps, metrics, services, labels, details, numbers)
	_, err := m.tx.ExecContext(ctx, m.statements.AddStats, args...)
	return err
}

func waitingColumns(waiting []projection.Waiting) (apps, ids, steps Texts, since Ints) {
	n := len(waiting)
	apps, ids, steps, since = make(Texts, n), make(Texts, n), make(Texts, n), make(Ints, n)
	for i, w := range waiting {
		apps[i], ids[i], steps[i] = string(w.Stream.App), string(w.Stream.Session), string(w.StepID)
		since[i] = codec.Micros(w.Since)
	}
	return apps, ids, steps, since
}
