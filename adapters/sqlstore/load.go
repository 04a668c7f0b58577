package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"dossier/adapters/codec"
	"dossier/domain/kyc"
)

// batchRow is one row of Dialect.LoadBatch, which answers three questions at
// once, for each costs a round trip under the lock:
//
//	what  a       b            sha256  n1        n2           n3
//	0     event_id                     position  recorded_at  certain  the log's head, and up to where it is surely replicated; missing in an empty log
//	1     stream  state                version                         a stream's head
//	2     app     delivery_id  sha256  position  version      last     a delivery that is stored
type batchRow struct {
	what       int64
	a, b       string
	sha256     []byte
	n1, n2, n3 int64
}

const (
	rowLogHead  = 0
	rowHead     = 1
	rowDelivery = 2
)

// load reads what a batch decides on. What this process wrote last it need not
// read, as long as nobody has written since.
func (s *Store) load(ctx context.Context, w *writer, appends []*pending) (*batch, error) {
	b := &batch{appends: appends}
	if err := s.loadInto(ctx, w, b); err != nil {
		return nil, err
	}
	cutBack, err := s.checkHistory(ctx, w, b)
	if err != nil {
		return nil, err
	}
	if cutBack {
		return b, s.loadInto(ctx, w, b)
	}
	s.confirmed.rise(b.certain)
	if s.heads.validAt(b.head) {
		return b, nil
	}
	s.heads.clear()
	return b, s.loadInto(ctx, w, b)
}

func (s *Store) loadInto(ctx context.Context, w *writer, b *batch) error {
	b.head, b.headID, b.loaded, b.certain = logHead{}, "", 0, 0
	b.heads = make(map[string]*kyc.Session, len(b.appends))
	b.known = make(map[deliveryKey][]delivered, len(b.appends))
	b.isTouched = make(map[string]bool, len(b.appends))
	var streams, apps, ids Texts
	for _, p := range b.appends {
		if _, asked := b.heads[p.key]; !asked {
			cached := s.heads.get(p.key)
			b.heads[p.key] = cached
			if cached == nil {
				streams = append(streams, p.key)
			}
		}
		if d := p.request.Delivery; d != nil {
			apps, ids = append(apps, string(p.request.Stream.App)), append(ids, d.ID)
		}
	}
	rows, err := w.query(ctx, s.dialect.LoadBatch, append(s.dialect.Bulk(streams), s.dialect.Bulk(apps, ids)...)...)
	if err != nil {
		return fmt.Errorf("load the batch: %w", err)
	}
	if err := b.scan(rows); err != nil {
		return fmt.Errorf("load the batch: %w", err)
	}
	for key, session := range b.heads {
		if session == nil {
			b.heads[key] = kyc.NewSession()
		}
	}
	return nil
}

func (b *batch) scan(rows *sql.Rows) error {
	defer rows.Close()
	for rows.Next() {
		var r batchRow
		if err := rows.Scan(&r.what, &r.a, &r.b, &r.sha256, &r.n1, &r.n2, &r.n3); err != nil {
			return err
		}
		if err := b.take(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *batch) take(r batchRow) error {
	switch r.what {
	case rowLogHead:
		b.head, b.headID, b.loaded, b.certain = logHead{r.n1, codec.TimeOf(r.n2)}, r.a, r.n1, r.n3
	case rowHead:
		state, err := codec.DecodeState(r.b)
		if err != nil {
			return fmt.Errorf("head at version %d: %w", r.n1, err)
		}
		b.heads[r.a] = kyc.RestoreSession(state)
	case rowDelivery:
		d := delivered{position: r.n1, version: r.n2, last: r.n3}
		copy(d.sha256[:], r.sha256)
		b.known[deliveryKey{r.a, r.b}] = append(b.known[deliveryKey{r.a, r.b}], d)
	}
	return nil
}
