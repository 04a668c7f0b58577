package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const insertClients = 64

// table is what rows are inserted into, one in a transaction.
type table struct{ create, insert string }

// eventTable is a log like ours, with the same columns and indexes, and a row
// of the size of ours. The ids grow as ours do. A sequence gives the position,
// as nothing waits for a lock here.
func eventTable() table {
	return table{
		create: `CREATE SEQUENCE positions;
CREATE TABLE log (position bigint PRIMARY KEY, event_id uuid NOT NULL UNIQUE, stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL, type text NOT NULL, data text NOT NULL, metadata text NOT NULL, recorded_at bigint NOT NULL,
  UNIQUE (stream, version))`,
		insert: `INSERT INTO log SELECT p, ('00000000-0000-7000-8000-' || lpad(to_hex(p), 12, '0'))::uuid,
  'default/' || gen_random_uuid(), 1, 'kyc.status_changed.v1',
  '{"step_id":"1253242","service":"ID_DOCUMENT","trigger":"APPROVED","from":"PENDING_VERIFICATION","to":"APPROVED","cause":"reported"}',
  repeat('m', 420), 1763907000000000 FROM nextval('positions') AS p`,
	}
}

func plainTable() table {
	return table{
		create: `CREATE TABLE plain (id bigserial PRIMARY KEY, data text NOT NULL)`,
		insert: `INSERT INTO plain (data) VALUES ('{"service":"ID_DOCUMENT","status":"APPROVED","step_id":"1253242"}')`,
	}
}

func measureEventInserts(ctx context.Context, o options) (float64, error) {
	return measureInserts(ctx, o, eventTable())
}

func measurePlainInserts(ctx context.Context, o options) (float64, error) {
	return measureInserts(ctx, o, plainTable())
}

// measureInserts measures transactions of one INSERT of one row.
func measureInserts(ctx context.Context, o options, t table) (float64, error) {
	databaseURL, drop, err := freshDatabase(ctx, o.server)
	if err != nil {
		return 0, err
	}
	defer drop()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, t.create); err != nil {
		return 0, err
	}
	if pgbench, err := exec.LookPath("pgbench"); err == nil {
		return runPgbench(ctx, o, pgbench, databaseURL, t)
	}
	return runLoop(ctx, o, db, t)
}

var tps = regexp.MustCompile(`tps = ([0-9.]+) \(without initial`)

func runPgbench(ctx context.Context, o options, pgbench, databaseURL string, t table) (float64, error) {
	folder, err := os.MkdirTemp("", "dossier-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	script := filepath.Join(folder, "insert.sql")
	if err := os.WriteFile(script, []byte(strings.ReplaceAll(t.insert, "\n", " ")+";\n"), 0o600); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, pgbench, "-n", "-M", "prepared", "-c", strconv.Itoa(insertClients), "-j", "2",
		"-T", strconv.Itoa(int(o.duration/time.Second)), "-f", script, databaseURL).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	found := tps.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("pgbench printed no rate: %s", out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

func runLoop(ctx context.Context, o options, db *sql.DB, t table) (float64, error) {
	db.SetMaxOpenConns(insertClients)
	db.SetMaxIdleConns(insertClients)
	statement, err := db.PrepareContext(ctx, t.insert)
	if err != nil {
		return 0, err
	}
	limited, cancel := context.WithTimeout(ctx, o.duration)
	defer cancel()
	var count atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for range insertClients {
		wait.Go(func() {
			for limited.Err() == nil {
				if _, err := statement.ExecContext(ctx); err != nil {
					return
				}
				count.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(count.Load()) / time.Since(start).Seconds(), ctx.Err()
}
