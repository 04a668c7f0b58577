package pgconn

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"dossier/adapters/postgres/pgcluster"
)

// alone starts a primary whose synchronous standby is away, with a table.
func alone(t *testing.T) (s *pgcluster.Server, db *sql.DB) {
	t.Helper()
	s = pgcluster.New(t)
	if err := s.Exec(t.Context(), "postgres", `CREATE TABLE kept (n int)`); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(t.Context(), "synchronous_standby_names", "away"); err != nil {
		t.Fatal(err)
	}
	return s, opened(t, s.URL("postgres")+"&synchronous_commit=on&binary_parameters=yes", Options{Writes: true})
}

// writers are all ways to write one row.
func writers() map[string]func(context.Context, *sql.DB) error {
	const insert, returning = `INSERT INTO kept VALUES ($1)`, `INSERT INTO kept VALUES ($1) RETURNING n`
	return map[string]func(context.Context, *sql.DB) error{
		"a statement": func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, `INSERT INTO kept VALUES (1)`)
			return err
		},
		"a statement with parameters": func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, insert, 1)
			return err
		},
		"a statement that returns": func(ctx context.Context, db *sql.DB) error {
			var n int
			return db.QueryRowContext(ctx, returning, 1).Scan(&n)
		},
		"a statement that returns, without parameters": func(ctx context.Context, db *sql.DB) error {
			var n int
			return db.QueryRowContext(ctx, `INSERT INTO kept VALUES (1) RETURNING n`).Scan(&n)
		},
		"rows": func(ctx context.Context, db *sql.DB) error {
			rows, err := db.QueryContext(ctx, returning, 1)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var n int
				if err := rows.Scan(&n); err != nil {
					return err
				}
			}
			return rows.Err()
		},
		"a prepared statement": func(ctx context.Context, db *sql.DB) error {
			stmt, err := db.PrepareContext(ctx, insert)
			if err != nil {
				return err
			}
			defer stmt.Close()
			_, err = stmt.ExecContext(ctx, 1)
			return err
		},
		"a prepared statement that returns": func(ctx context.Context, db *sql.DB) error {
			stmt, err := db.PrepareContext(ctx, returning)
			if err != nil {
				return err
			}
			defer stmt.Close()
			var n int
			return stmt.QueryRowContext(ctx, 1).Scan(&n)
		},
		"a prepared statement of a connection": func(ctx context.Context, db *sql.DB) error {
			conn, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			stmt, err := conn.PrepareContext(ctx, insert)
			if err != nil {
				return err
			}
			_, err = stmt.ExecContext(ctx, 1)
			return err
		},
		"a transaction": func(ctx context.Context, db *sql.DB) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, insert, 1); err != nil {
				return errors.Join(err, tx.Rollback())
			}
			return tx.Commit()
		},
		"statements with their own commit": func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, `BEGIN; INSERT INTO kept VALUES (1); COMMIT; SELECT 1/0`)
			return err
		},
	}
}

const (
	cancelWaits    = `SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`
	terminateWaits = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`
)

// end runs a statement until it finds a session that waits for the standby.
func end(t *testing.T, s *pgcluster.Server, statement string) {
	t.Helper()
	db := opened(t, s.URL("postgres"), Options{})
	for found := 0; found == 0; {
		if err := db.QueryRowContext(t.Context(), statement).Scan(&found); err != nil {
			t.Error(err)
			return
		}
	}
}

// However the wait for a standby ends, a commit that no standby has is no
// success, and is not made again.
func TestACommitThatNoStandbyHasIsAnError(t *testing.T) {
	s, db := alone(t)
	for how, statement := range map[string]string{"cancelled": cancelWaits, "terminated": terminateWaits, "at a deadline": ""} {
		for name, write := range writers() {
			t.Run(name+" "+how, func(t *testing.T) {
				before := count(t, db)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					if statement != "" {
						end(t, s, statement)
						return
					}
					end(t, s, `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)
					cancel()
				}()
				err := write(ctx, db)
				<-ended
				if !errors.Is(err, ErrUnreplicated) {
					t.Errorf("got %v, want %v", err, ErrUnreplicated)
				}
				if after := count(t, db); after != before+1 {
					t.Errorf("%d rows were written, want 1", after-before)
				}
			})
		}
	}
}

// A warning that says nothing about the commit is none of ours, whatever its
// code.
func TestOtherWarningsAreNoErrors(t *testing.T) {
	s := pgcluster.New(t)
	db := opened(t, s.URL("postgres"), Options{Writes: true})
	for _, code := range []string{"01000", "57P01"} {
		run(t, db, `DO $$ BEGIN RAISE WARNING 'canceling wait for synchronous replication due to user request' USING ERRCODE = '`+code+`'; END $$`)
	}
	run(t, db, `ROLLBACK`) // which warns that there is no transaction
}

// With a standby a commit is a success, and one that was unconfirmed before does
// not make it an error.
func TestACommitThatAStandbyHasIsASuccess(t *testing.T) {
	s, db := alone(t)
	db.SetMaxOpenConns(1)
	stmt, err := db.PrepareContext(t.Context(), `INSERT INTO kept VALUES ($1)`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := stmt.ExecContext(t.Context(), 1)
		ended <- err
	}()
	end(t, s, cancelWaits)
	if err := <-ended; !errors.Is(err, ErrUnreplicated) {
		t.Fatal(err)
	}
	pgcluster.Follow(t, s, "away")
	if _, err := stmt.ExecContext(t.Context(), 1); err != nil {
		t.Error(err)
	}
}
