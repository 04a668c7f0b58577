package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/google/uuid"
)

const naiveTables = `
CREATE TABLE streams (stream text PRIMARY KEY, version bigint NOT NULL, state text NOT NULL);
CREATE TABLE log (position bigserial PRIMARY KEY, event_id uuid NOT NULL UNIQUE, stream text NOT NULL,
  version bigint NOT NULL, type text NOT NULL, data text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (stream, version));
CREATE TABLE seen (delivery_id text PRIMARY KEY);`

// measureNaive measures a handler that writes what Dossier writes, in one
// transaction for each webhook. It runs in a process of its own, as Dossier
// does.
func measureNaive(ctx context.Context, o options) (float64, error) {
	databaseURL, drop, err := freshDatabase(ctx, o.server)
	if err != nil {
		return 0, err
	}
	defer drop()
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	server, err := start(ctx, []string{"DOSSIER_TEST_POSTGRES_URL=" + databaseURL}, self, "-serve-naive")
	if err != nil {
		return 0, err
	}
	defer server.stop()
	target, err := url.Parse("http://" + server.address + "/webhook")
	if err != nil {
		return 0, err
	}
	r, err := load{target: target, connections: o.connections}.run(ctx, o.duration)
	return r.rate(), err
}

// serveNaive is that handler's process.
func serveNaive(ctx context.Context, o options) error {
	db, err := sql.Open("postgres", o.server)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(64)
	db.SetMaxIdleConns(64)
	if _, err := db.ExecContext(ctx, naiveTables); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listens on http://%s\n", listener.Addr())
	server := &http.Server{Handler: naive{db}}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type naive struct{ db *sql.DB }

func (n naive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = n.record(r.Context(), r.Header.Get("x-hookdeck-eventid"), body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(w, `{"outcome":"applied"}`)
}

func (n naive) record(ctx context.Context, delivery string, body []byte) error {
	var webhook struct {
		SessionID string `json:"session_id"`
		Status    string `json:"status"`
	}
	if err := json.Unmarshal(body, &webhook); err != nil {
		return err
	}
	tx, err := n.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `INSERT INTO seen VALUES ($1)`, delivery); err != nil {
		return err
	}
	var version int64
	err = tx.QueryRowContext(ctx, `INSERT INTO streams VALUES ($1, 1, $2)
ON CONFLICT (stream) DO UPDATE SET version = streams.version + 1, state = excluded.state RETURNING version`,
		webhook.SessionID, webhook.Status).Scan(&version)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO log (event_id, stream, version, type, data) VALUES ($1, $2, $3, $4, $5)`,
		uuid.Must(uuid.NewV7()).String(), webhook.SessionID, version, webhook.Status, string(body)); err != nil {
		return err
	}
	return tx.Commit()
}

// process is a server that was started for a measurement.
type process struct {
	address string
	stop    func()
}

// startTimeout bounds how long a server may take to say where it listens.
const startTimeout = 30 * time.Second
