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
	"sync"
	"sync/atomic"
	"time"
)

const insertClients = 64

const insertTable = `CREATE TABLE plain (id bigserial PRIMARY KEY, data text NOT NULL)`

const insertData = `{"step_id":"1253242","service":"ID_DOCUMENT","from":"PENDING_VERIFICATION","to":"APPROVED","trigger":"APPROVED","cause":"reported"}`

// inserts is PostgreSQL's own rate, and what measured it.
type inserts struct {
	rate float64
	how  string
}

// measureInserts measures transactions of one INSERT of one row.
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
	if _, err := db.ExecContext(ctx, insertTable); err != nil {
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
	if err := os.WriteFile(script, []byte("INSERT INTO plain (data) VALUES ('"+insertData+"');\n"), 0o600); err != nil {
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
	statement, err := db.PrepareContext(ctx, `INSERT INTO plain (data) VALUES ($1)`)
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
				if _, err := statement.ExecContext(ctx, insertData); err != nil {
					return
				}
				count.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(count.Load()) / time.Since(start).Seconds(), ctx.Err()
}
