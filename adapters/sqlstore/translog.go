package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/translog"
)

// treeVersion is that of the tree's checkpoint: another form of its leaves
// would be another.
const treeVersion = "1"

const (
	selectTile = `SELECT hashes FROM tiles WHERE level = $1 AND number = $2`

	selectSigned = `SELECT size, note, signed_at FROM log_checkpoints ORDER BY size DESC LIMIT 1`

	selectAllSigned = `SELECT size, note, signed_at FROM log_checkpoints WHERE size > $1 ORDER BY size LIMIT $2`

	insertSigned = `INSERT INTO log_checkpoints (size, note, signed_at) VALUES ($1, $2, $3)`

	// Of each hour the last one stays.
	thinSigned = `DELETE FROM log_checkpoints WHERE size < $1 AND signed_at >= $2`

	insertTreeCheckpoint = `INSERT INTO checkpoints (name, version, position) VALUES ($1, $2, 0)
ON CONFLICT (name) DO NOTHING`
)

// ReadTile implements [translog.Tiles].
func (s *Store) ReadTile(ctx context.Context, level int, number int64) ([]byte, error) {
	var hashes []byte
	err := s.scanPrepared(ctx, selectTile, []any{level, number}, &hashes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return hashes, s.readError("read a tile", err)
}

// Sealed implements [translog.Store]. A tree that is ahead of the log is for the
// sealer to refuse, and for auditors to look at.
func (s *Store) Sealed(ctx context.Context) (int64, error) {
	size, err := s.Checkpoint(ctx, translog.Name)
	if errors.Is(err, projection.ErrAhead) {
		err = nil
	}
	return size, err
}

// ExtendTree implements [translog.Store]. It need not wait for the disk: what a
// crash takes from the tree is computed again, from the same events.
func (s *Store) ExtendTree(ctx context.Context, g translog.Growth, tiles []translog.Tile) (moved bool, err error) {
	err = s.inTree(ctx, func(tx *sql.Tx, size int64) error {
		if size != g.From {
			return nil
		}
		before, err := s.checkFolded(ctx, tx, g.From, mark{g.To, g.ToID})
		if err != nil {
			return err
		}
		if g.FromID != "" && before != g.FromID {
			return fmt.Errorf("position %d: %w", g.From, eventlog.ErrOtherHistory)
		}
		levels, numbers, hashes := make(Ints, len(tiles)), make(Ints, len(tiles)), make(Blobs, len(tiles))
		for i, t := range tiles {
			levels[i], numbers[i], hashes[i] = int64(t.Level), t.Number, t.Hashes
		}
		if _, err := tx.ExecContext(ctx, s.dialect.SaveTiles, s.dialect.Bulk(levels, numbers, hashes)...); err != nil {
			return wrap("save tiles", err)
		}
		moved = true
		_, err = tx.ExecContext(ctx, moveCheckpoint, g.To, translog.Name)
		return wrap("move a checkpoint", err)
	})
	return moved && err == nil, err
}

// LatestSigned implements [translog.Store].
func (s *Store) LatestSigned(ctx context.Context) (latest translog.Signed, found bool, err error) {
	err = each(ctx, preparedReads{s}, func(rows *sql.Rows) (err error) {
		latest, err = scanSigned(rows)
		found = err == nil
		return err
	}, selectSigned)
	return latest, found, s.readError("read the newest checkpoint", err)
}

// AllSigned returns up to limit checkpoints above a size, the smallest first.
func (s *Store) AllSigned(ctx context.Context, above int64, limit int) ([]translog.Signed, error) {
	var all []translog.Signed
	err := each(ctx, preparedReads{s}, func(rows *sql.Rows) error {
		signed, err := scanSigned(rows)
		all = append(all, signed)
		return err
	}, selectAllSigned, above, limit)
	return all, s.readError("read the checkpoints", err)
}

func scanSigned(rows *sql.Rows) (signed translog.Signed, err error) {
	var note string
	var micros int64
	err = rows.Scan(&signed.Size, &note, &micros)
	signed.Note, signed.At = []byte(note), codec.TimeOf(micros)
	return signed, err
}

// SaveSigned implements [translog.Store].
func (s *Store) SaveSigned(ctx context.Context, signed translog.Signed, newestBefore time.Time) (stored bool, err error) {
	err = s.inTree(ctx, func(tx *sql.Tx, _ int64) error {
		if err := signedByTheLog(ctx, tx, signed); err != nil {
			return err
		}
		newest, err := newestSigned(ctx, tx)
		if err != nil {
			return err
		}
		if newest.Size >= signed.Size || newest.At.After(newestBefore) {
			return nil
		}
		stored = true
		return s.replaceSigned(ctx, tx, signed)
	})
	return stored && err == nil, err
}

func (s *Store) replaceSigned(ctx context.Context, tx *sql.Tx, signed translog.Signed) error {
	hour := signed.At.Truncate(time.Hour)
	if _, err := tx.ExecContext(ctx, insertSigned, signed.Size, string(signed.Note), codec.Micros(signed.At)); err != nil {
		return wrap("save a checkpoint", err)
	}
	_, err := tx.ExecContext(ctx, thinSigned, signed.Size, codec.Micros(hour))
	return wrap("thin the checkpoints", err)
}

// inTree runs fn in a transaction that holds the tree, with its size.
func (s *Store) inTree(ctx context.Context, fn func(tx *sql.Tx, size int64) error) error {
	err := s.inModels(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, insertTreeCheckpoint, translog.Name, treeVersion); err != nil {
			return wrap("insert a checkpoint", err)
		}
		tree, err := s.lockCheckpoint(ctx, tx, translog.Name)
		if err != nil {
			return err
		}
		return fn(tx, tree.position)
	})
	return s.readError("extend the tree", err)
}
