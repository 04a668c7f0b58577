package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"

	_ "github.com/lib/pq" // registers the driver "postgres"
)

// freshDatabase makes an empty database and returns its URL and what drops it.
func freshDatabase(ctx context.Context, server string) (databaseURL string, drop func(), err error) {
	db, err := sql.Open("postgres", server)
	if err != nil {
		return "", nil, err
	}
	var raw [6]byte
	rand.Read(raw[:])
	name := "dossier_bench_" + hex.EncodeToString(raw[:])
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("make a database: %w", err)
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() {
		_, _ = db.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
		_ = db.Close()
	}, nil
}
