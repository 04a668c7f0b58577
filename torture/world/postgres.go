package world

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"dossier/adapters/postgres/pgcluster"
	"dossier/torture/pgproxy"
)

// Postgres is a primary with a proxy for each server in front of it.
type Postgres struct {
	Primary *pgcluster.Server
	Standby *pgcluster.Server // nil: none
	Proxies []*pgproxy.Proxy
	Disk    *Disk // nil: none could be mounted
	// Standbys is how many standbys it begins with, 0 or 1, and Async whether
	// commits don't wait for it.
	Standbys int
	Async    bool

	folder string
	made   int // servers so far
}

var _ Database = (*Postgres)(nil)

// databaseName is what the servers' database is called.
const databaseName = "dossier"

// StandbyName is what the primary calls its synchronous standby.
const StandbyName = "s1"

// settings make a server small, and quick to start.
func settings() []string {
	return []string{
		"max_connections=120", "shared_buffers=64MB", "max_wal_size=256MB", "wal_level=replica",
		"max_wal_senders=8", "log_min_messages=warning", "wal_keep_size=64MB",
	}
}

// Open implements Database.
func (p *Postgres) Open(ctx context.Context, folder string, servers int) error {
	p.folder = filepath.Join(folder, "postgres")
	if err := MakeFolder(p.folder); err != nil {
		return err
	}
	var err error
	if p.Disk, err = Mount(p.folder); err != nil {
		return err
	}
	if err := os.Chmod(p.folder, 0o711); err != nil {
		return err
	}
	if p.Primary, err = pgcluster.Init(ctx, p.next(), settings()...); err != nil {
		return err
	}
	if err := p.Primary.Start(ctx); err != nil {
		return err
	}
	if err := p.Primary.Exec(ctx, "postgres", "CREATE DATABASE "+databaseName); err != nil {
		return err
	}
	for range servers {
		proxy, err := pgproxy.Open(p.address())
		if err != nil {
			return err
		}
		p.Proxies = append(p.Proxies, proxy)
	}
	if p.Standbys > 0 {
		return p.AddStandby(ctx)
	}
	return nil
}

func (p *Postgres) next() string {
	p.made++
	return filepath.Join(p.folder, fmt.Sprintf("server-%d", p.made))
}

func (p *Postgres) address() string { return fmt.Sprintf("127.0.0.1:%d", p.Primary.Port()) }

// AddStandby makes a new standby of the primary, which commits wait for unless
// the world is asynchronous.
func (p *Postgres) AddStandby(ctx context.Context) error {
	standby, err := p.Primary.Standby(ctx, p.next(), StandbyName)
	if err != nil {
		return err
	}
	p.Standby = standby
	if p.Async {
		return nil
	}
	return p.Primary.Set(ctx, "synchronous_standby_names", StandbyName)
}

// FailOver makes the standby the primary. The old one is gone, and its data
// with it; there is no standby until AddStandby.
func (p *Postgres) FailOver(ctx context.Context) error {
	if err := p.Primary.Kill(); err != nil {
		return err
	}
	if err := p.Standby.Exec(ctx, "postgres", "SELECT 1"); err != nil {
		return err
	}
	if err := p.Standby.Promote(ctx); err != nil {
		return err
	}
	old := p.Primary
	p.Primary, p.Standby = p.Standby, nil
	// The setting came with the data: the new primary waits for nobody yet.
	if err := p.Primary.Set(ctx, "synchronous_standby_names", ""); err != nil {
		return err
	}
	for _, proxy := range p.Proxies {
		proxy.Lead(p.address())
	}
	return old.Remove()
}

// URLOf implements Database.
func (p *Postgres) URLOf(server int) string { return urlOf(p.Proxies[server].Address()) }

// Direct implements Database.
func (p *Postgres) Direct() string { return urlOf(p.address()) }

func urlOf(address string) string {
	u := url.URL{Scheme: "postgres", User: url.User(pgcluster.User), Host: address, Path: "/" + databaseName, RawQuery: "sslmode=disable"}
	return u.String()
}

// Close implements Database.
func (p *Postgres) Close() (err error) {
	for _, proxy := range p.Proxies {
		err = errors.Join(err, proxy.Close())
	}
	for _, server := range []*pgcluster.Server{p.Primary, p.Standby} {
		if server != nil {
			err = errors.Join(err, server.Remove())
		}
	}
	return errors.Join(err, p.Disk.Unmount())
}
