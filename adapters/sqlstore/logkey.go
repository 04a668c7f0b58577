package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"dossier/adapters/codec"
	"dossier/application/translog"
)

const (
	updateSetting = `UPDATE settings SET value = $2 WHERE name = $1`

	// It changes nothing, durably, and so makes durable what was committed before.
	touchSetting = `UPDATE settings SET value = value WHERE name = $1`

	resignNewest = `UPDATE log_checkpoints SET note = $2, signed_at = $3 WHERE size = $1`
)

// ReplaceVerifier changes by whom the log is signed, while nobody can sign it.
// replace is given the log's verifier keys, as [translog.CheckVerifier] takes them,
// and the newest checkpoint, of size 0 if there is none; it returns the new keys
// and the same checkpoint, signed anew. Its error changes nothing, and is returned.
func (s *Store) ReplaceVerifier(ctx context.Context, replace func(verifiers string, newest translog.Signed) (string, translog.Signed, error)) error {
	err := s.inTree(ctx, func(tx *sql.Tx, _ int64) error {
		verifiers, err := logVerifiers(ctx, tx)
		if err != nil {
			return err
		}
		newest, err := newestSigned(ctx, tx)
		if err != nil {
			return err
		}
		next, signed, err := replace(verifiers, newest)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, updateSetting, translog.VerifierSetting, next); err != nil {
			return wrap("replace the verifier", err)
		}
		_, err = tx.ExecContext(ctx, resignNewest, newest.Size, string(signed.Note), codec.Micros(signed.At))
		return wrap("sign the newest checkpoint anew", err)
	})
	if err != nil {
		return err
	}
	_, err = s.execSetup(ctx, touchSetting, translog.VerifierSetting)
	return s.readError("keep the new verifier", err)
}

// logVerifiers returns the verifier keys of the log; empty if it has none yet.
func logVerifiers(ctx context.Context, tx *sql.Tx) (verifiers string, err error) {
	err = tx.QueryRowContext(ctx, selectSetting, translog.VerifierSetting).Scan(&verifiers)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return verifiers, wrap("read the verifier", err)
}

// newestSigned returns the newest checkpoint, of size 0 if there is none.
func newestSigned(ctx context.Context, tx *sql.Tx) (newest translog.Signed, err error) {
	err = each(ctx, tx, func(rows *sql.Rows) (err error) {
		newest, err = scanSigned(rows)
		return err
	}, selectSigned)
	return newest, err
}

// signedByTheLog returns translog.ErrReplaced for a checkpoint of a key that is not
// the log's any more. A log without a key takes any.
func signedByTheLog(ctx context.Context, tx *sql.Tx, signed translog.Signed) error {
	verifiers, err := logVerifiers(ctx, tx)
	if err != nil || verifiers == "" {
		return err
	}
	origin, _, _ := strings.Cut(string(signed.Note), "\n")
	if current := translog.CurrentVerifier(verifiers); !strings.HasPrefix(current, origin+"+") {
		return fmt.Errorf("%w: it was %s", translog.ErrReplaced, origin)
	}
	return nil
}
