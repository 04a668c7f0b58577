package world

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"dossier/adapters/postgres/pgcluster"
	"dossier/application/eventlog"
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
	// Cuts are where failovers cut the log off, in a world that is asynchronous.
	Cuts []Cut

	folder string
	made   int  // servers so far
	full   bool // the disk
}

var _ Database = (*Postgres)(nil)

// Cut is where a failover cut the log off.
type Cut struct {
	Head int64     // the last position that the new primary has
	At   time.Time // when it took over
}

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

// FillDisk leaves no room for the primary, and EmptyDisk gives it room again. A
// primary that has ended for want of room runs then.
func (p *Postgres) FillDisk() error {
	p.full = true
	return p.Disk.Fill()
}

// EmptyDisk ends FillDisk.
func (p *Postgres) EmptyDisk(ctx context.Context) error {
	const limit, interval = time.Minute, 200 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p.full = false
	if err := p.Disk.Empty(); err != nil {
		return err
	}
	for { // it may be about to end
		err := errors.Join(p.Mend(ctx), p.Primary.Exec(ctx, "postgres", "SELECT 1"))
		if err == nil {
			return nil
		}
		if !eventlog.Pause(ctx, interval) {
			return fmt.Errorf("no way back from a full disk: %w", err)
		}
	}
}

// Mend lets the primary run again, whatever was done to it. Without room it can't
// start: then EmptyDisk does that.
func (p *Postgres) Mend(ctx context.Context) error {
	if p.full && !p.Primary.Running() {
		return nil
	}
	if p.Primary.Running() {
		return p.Primary.Resume()
	}
	return p.Primary.Start(ctx)
}

// AddStandby makes a new standby of the primary, which commits wait for unless
// the world is asynchronous.
func (p *Postgres) AddStandby(ctx context.Context) error {
	if err := p.Mend(ctx); err != nil { // another fault may have stopped it
		return err
	}
	standby, err := p.Primary.Standby(ctx, p.next(), StandbyName)
	if err != nil {
		return err
	}
	p.Standby = standby
	if p.Async {
		return nil
	}
	if err := p.Primary.Set(ctx, "synchronous_standby_names", StandbyName); err != nil {
		return err
	}
	return p.awaitSynchronous(ctx)
}

// synchronous is true when the standby has all that the primary has, and
// commits wait for it.
const synchronous = `SELECT EXISTS (SELECT 1 FROM pg_stat_replication
	WHERE sync_state = 'sync' AND flush_lsn >= $1::pg_lsn)`

// awaitSynchronous returns when all that was acknowledged without the standby is
// there, too.
func (p *Postgres) awaitSynchronous(ctx context.Context) (err error) {
	const limit, interval = time.Minute, 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	db, err := sql.Open("postgres", p.Direct())
	if err != nil {
		return err
	}
	defer db.Close()
	var reached string
	if err := db.QueryRowContext(ctx, `SELECT pg_current_wal_lsn()`).Scan(&reached); err != nil {
		return err
	}
	for {
		var there bool
		if err := db.QueryRowContext(ctx, synchronous, reached).Scan(&there); err != nil || there {
			return err
		}
		if !eventlog.Pause(ctx, interval) {
			return fmt.Errorf("the standby does not follow: %w", ctx.Err())
		}
	}
}

// StopStandby stops the standby, which gets nothing of what is written then.
func (p *Postgres) StopStandby(ctx context.Context) error {
	if err := p.Standby.Resume(); err != nil {
		return err
	}
	return p.Standby.Stop(ctx, pgcluster.Immediate)
}

// FailOver makes the standby the primary. The old one is gone, and its data
// with it; there is no standby until AddStandby.
func (p *Postgres) FailOver(ctx context.Context) error {
	if p.Primary.Running() {
		if err := p.Primary.Kill(); err != nil {
			return err
		}
	}
	if !p.Standby.Running() {
		if err := p.Standby.Start(ctx); err != nil {
			return err
		}
	}
	if err := p.Standby.Resume(); err != nil { // another fault may have it away
		return err
	}
	if err := p.Standby.Promote(ctx); err != nil {
		return err
	}
	if err := p.noteCut(ctx); err != nil {
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

// noteCut notes where the promoted standby's log ends; nobody has reached it yet.
func (p *Postgres) noteCut(ctx context.Context) error {
	if !p.Async {
		return nil
	}
	db, err := sql.Open("postgres", p.Standby.URL(databaseName))
	if err != nil {
		return err
	}
	cut := Cut{At: time.Now()}
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(position), 0) FROM events`).Scan(&cut.Head)
	p.Cuts = append(p.Cuts, cut)
	return errors.Join(err, db.Close())
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
