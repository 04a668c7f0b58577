package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
)

const (
	// deliveryRetention is how long a delivery id is remembered. The relay
	// retries for a week by itself, and a person may retry by hand later; after
	// this time the same report would be recorded as a repeated one.
	deliveryRetention = 90 * 24 * time.Hour
	pruneInterval     = time.Hour
	// pruneStep is twice the interval, so that what was left is caught up with.
	pruneStep  = 2 * pruneInterval
	pruneChunk = 10_000 // rows in one transaction
)

// selectOldestDelivery is NULL if none is from before $1.
const selectOldestDelivery = `SELECT min(recorded_at) FROM deliveries WHERE recorded_at < $1`

// deliveryKey names a delivery id within its app.
type deliveryKey struct{ app, id string }

// delivered is one delivery that is stored.
type delivered struct {
	sha256                  [32]byte
	position, version, last int64
}

func (d *delivered) receipt() eventlog.Receipt {
	return eventlog.Receipt{Duplicate: true, Position: d.position, Version: d.version, Last: d.last}
}

// newDelivery is one that the batch will store.
type newDelivery struct {
	key deliveryKey
	delivered
}

func keyOf(r eventlog.Request) deliveryKey {
	return deliveryKey{string(r.Stream.App), r.Delivery.ID}
}

// deliveredBefore returns the delivery with the same id and the same bytes, if
// there is one, and else whether there is one with other bytes.
func (b *batch) deliveredBefore(r eventlog.Request) (same *delivered, conflict bool) {
	if r.Delivery == nil {
		return nil, false
	}
	known := b.known[keyOf(r)]
	for i := range known {
		if known[i].sha256 == r.Delivery.SHA256 {
			return &known[i], false
		}
	}
	return nil, len(known) > 0
}

func (b *batch) deliver(r eventlog.Request, receipt eventlog.Receipt) {
	d := delivered{r.Delivery.SHA256, receipt.Position, receipt.Version, receipt.Last}
	b.known[keyOf(r)] = append(b.known[keyOf(r)], d)
	b.deliveries = append(b.deliveries, newDelivery{keyOf(r), d})
}

// deliveryColumns are the columns of the table of deliveries.
func (b *batch) deliveryColumns() []Column {
	n := len(b.deliveries)
	apps, ids, hashes := make(Texts, n), make(Texts, n), make(Blobs, n)
	positions, versions, lasts, times := make(Ints, n), make(Ints, n), make(Ints, n), make(Ints, n)
	for i := range b.deliveries {
		d := &b.deliveries[i]
		apps[i], ids[i], hashes[i] = d.key.app, d.key.id, d.sha256[:]
		positions[i], versions[i], lasts[i] = d.position, d.version, d.last
		times[i] = codec.Micros(b.now)
	}
	return []Column{apps, ids, hashes, positions, versions, lasts, times}
}

// pruneDeliveries forgets old deliveries, from time to time.
func (s *Store) pruneDeliveries(ctx context.Context) {
	timer := time.NewTicker(pruneInterval)
	defer timer.Stop()
	for {
		if err := s.pruneOldest(ctx); err != nil && ctx.Err() == nil {
			s.logger.Warn("prune deliveries", "error", err)
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// pruneOldest forgets what was delivered longest ago of what is old by the clock:
// no more than pruneStep of it, for the clock may be months ahead.
func (s *Store) pruneOldest(ctx context.Context) error {
	old := codec.Micros(s.now().Add(-deliveryRetention))
	var oldest sql.NullInt64
	err := s.scanPrepared(ctx, selectOldestDelivery, []any{old}, &oldest)
	if err != nil || !oldest.Valid {
		return wrap("find the oldest delivery", err)
	}
	_, err = s.Prune(ctx, codec.TimeOf(min(old, oldest.Int64+pruneStep.Microseconds())))
	return err
}

// Prune forgets the deliveries from before a time and returns how many.
func (s *Store) Prune(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for {
		n, err := s.pruneChunk(ctx, before)
		total += n
		if err != nil || n < pruneChunk {
			return total, err
		}
	}
}

func (s *Store) pruneChunk(ctx context.Context, before time.Time) (int64, error) {
	n, err := s.bounded(ctx, batchTimeout, func(ctx context.Context) (int64, error) {
		return s.execDurable(ctx, s.dialect.PruneDeliveries, codec.Micros(before), pruneChunk)
	})
	return n, wrap("prune deliveries", err)
}
