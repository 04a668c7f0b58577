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

// insertTables is a log like ours, with the same columns and indexes.
const insertTables = `
CREATE SEQUENCE positions;
CREATE TABLE log (position bigint PRIMARY KEY, event_id uuid NOT NULL UNIQUE, stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL, type text NOT NULL, data text NOT NULL, metadata text NOT NULL, recorded_at bigint NOT NULL,
  UNIQUE (stream, version))`

// insertRow is one event of the size of ours. A sequence gives its position, as
// nothing waits for a lock here.
const insertRow = `INSERT INTO log VALUES (nextval('positions'), gen_random_uuid(),
  'default/' || gen_random_uuid(), 1, 'kyc.status_changed.v1',
  '{"step_id":"1253242","service":"ID_DOCUMENT","trigger":"APPROVED","from":"PENDING_VERIFICATION","to":"APPROVED","cause":"reported"}',
  repeat('m', 420), 1763907000000000)`

// inserts is PostgreSQL's own rate, and what measured it.
type inserts struct {
	rate float64
	how  string
}

// measureInserts measures transactions of one INSERT of one row: the event
// alone, without heads and deliveries.
func measureInserts(ctx context.Context, o options) (inserts, error) {
	databaseURL, drop, err := freshDatabase(ctx, o.server)
	if err != nil {
		return inserts{}, err
	}
	defer drop()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		return inserts{}, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, insertTables); err != nil {
		return inserts{}, err
	}
	if pgbench, err := exec.LookPath("pgbench"); err == nil {
		rate, err := runPgbench(ctx, o, pgbench, databaseURL)
		return inserts{rate, fmt.Sprintf("pgbench, %d clients", insertClients)}, err
	}
	rate, err := runLoop(ctx, o, db)
	return inserts{rate, fmt.Sprintf("Go loop, %d clients", insertClients)}, err
}

var tps = regexp.MustCompile(`tps = ([0-9.]+) \(without initial`)

func runPgbench(ctx context.Context, o options, pgbench, databaseURL string) (float64, error) {
	folder, err := os.MkdirTemp("", "dossier-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	script := filepath.Join(folder, "insert.sql")
	if err := os.WriteFile(script, []byte(strings.ReplaceAll(insertRow, "\n", " ")+";\n"), 0o600); err != nil {
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

func runLoop(ctx context.Context, o options, db *sql.DB) (float64, error) {
	db.SetMaxOpenConns(insertClients)
	db.SetMaxIdleConns(insertClients)
	statement, err := db.PrepareContext(ctx, insertRow)
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
