package sqlstore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// allModels returns the projection of each read model.
func allModels() []projection.Projection {
	return []projection.Projection{projection.NewSessions(kyc.RuleBook{}), projection.Flags{}, projection.NewStats()}
}

func rebuildOf(s *sqlstore.Store, p projection.Projection) *projection.Rebuild {
	return &projection.Rebuild{
		Projection: p, Log: s, Store: s, Advanced: &eventlog.Broadcast{}, Logger: slog.New(slog.DiscardHandler),
	}
}

func rebuild(tb testing.TB, s *sqlstore.Store, p projection.Projection) {
	tb.Helper()
	b := rebuildOf(s, p)
	if err := b.Begin(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if _, err := b.Run(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// leftovers counts the tables of builds, and their checkpoints.
func (b backend) leftovers(t *testing.T) int64 {
	t.Helper()
	tables := b.count(t, b.named, `%\_next`)
	return tables + b.count(t, `SELECT count(*) FROM checkpoints WHERE name LIKE '%+next'`)
}

// pinned is a projection of another version.
func pinned() projection.Projection {
	return projection.NewSessions(kyc.RuleBook{Default: kyc.Rules{Pinned: kyc.KindCorporate}})
}

// stopped begins a build of 25,000 events and stops it when the first of its
// three steps is done.
func stopped(t *testing.T, s *sqlstore.Store, p projection.Projection) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	b := rebuildOf(s, p)
	b.Progress = func(int64, int64) { stop() }
	err := errors.Join(s.Prepare(t.Context(), p.Name(), p.Version()), s.Begin(t.Context(), p.Name(), p.Version()))
	if errors.Is(err, projection.ErrSuperseded) {
		err = nil // the build was begun by Prepare, for the live tables have another version
	}
	if err != nil {
		t.Fatal(err)
	}
	if folded, err := b.Run(ctx); !errors.Is(err, context.Canceled) || folded != 10_000 {
		t.Fatalf("a build that was stopped: %d events, %v", folded, err)
	}
}

func TestABuildThatWasStoppedIsGoneOnWith(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		fill(t, s, 25_000)
		stopped(t, s, projection.NewSessions(kyc.RuleBook{}))
		again := b.run(t, quiet()) // as after a kill
		folded, err := rebuildOf(again, projection.NewSessions(kyc.RuleBook{})).Run(t.Context())
		if err != nil || folded != 15_000 {
			t.Errorf("the second run folded %d events, %v", folded, err)
		}
		if at, err := again.Checkpoint(t.Context(), projection.SessionsName); at != 25_000 || err != nil {
			t.Errorf("the read model stands at %d, %v", at, err)
		}
		if n := b.leftovers(t); n != 0 {
			t.Errorf("%d tables and checkpoints are left", n)
		}
	})
}

func TestABuildOfAnotherVersionStartsOver(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		fill(t, s, 25_000)
		rebuild(t, s, projection.NewSessions(kyc.RuleBook{}))
		for range 3 {
			stopped(t, s, pinned())
			// Back to the rules of the live tables: nothing may be left.
			p := projection.NewSessions(kyc.RuleBook{})
			if err := s.Prepare(t.Context(), p.Name(), p.Version()); err != nil {
				t.Fatal(err)
			}
			if n := b.leftovers(t); n != 0 {
				t.Errorf("%d tables and checkpoints are left", n)
			}
		}
		stopped(t, s, pinned())
		if folded, err := rebuildOf(s, pinned()).Run(t.Context()); err != nil || folded != 15_000 {
			t.Errorf("the last run folded %d events, %v", folded, err)
		}
		if n := b.count(t, `SELECT count(*) FROM sessions WHERE kind = 'corporate'`); n != 25 {
			t.Errorf("%d of 25 sessions follow the new rules", n)
		}
	})
}

func TestABuildWithoutItsTablesStartsOver(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		fill(t, s, 25_000)
		p := projection.NewSessions(kyc.RuleBook{})
		stopped(t, s, p)
		if _, err := b.raw.ExecContext(t.Context(), `DROP TABLE steps_next`); err != nil {
			t.Fatal(err)
		}
		b2 := rebuildOf(s, p)
		if err := b2.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if folded, err := b2.Run(t.Context()); err != nil || folded != 25_000 {
			t.Errorf("folded %d events, %v", folded, err)
		}
	})
}

// Statements stay prepared while the tables under them are replaced.
func TestReadsGoOnWhileTablesAreSwapped(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		live(t, s)
		total := len(listAll(t, s))
		swapped := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() { readUntil(t, s, total, swapped) })
		}
		defer readers.Wait()
		defer close(swapped)
		for range 20 {
			for _, p := range allModels() {
				rebuild(t, s, p)
			}
		}
	})
}

func listAll(t *testing.T, s *sqlstore.Store) []projection.Session {
	rows, err := s.ListSessions(t.Context(), query.SessionFilter{Service: "LIVENESS"}, 1<<40, 100)
	if err != nil {
		t.Error(err)
	}
	return rows
}

// readUntil reads in every way, and must always find all.
func readUntil(t *testing.T, s *sqlstore.Store, sessions int, end <-chan struct{}) {
	at := int64(0)
	for {
		select {
		case <-end:
			return
		default:
		}
		now, err := s.Checkpoint(t.Context(), projection.SessionsName)
		_, found, failed := s.FindSession(t.Context(), eventlog.Stream{App: "default", Session: "s1"})
		flags, unlisted := s.ListFlags(t.Context(), query.FlagFilter{}, 1<<40, 10)
		_, _, unsummed := s.SumStats(t.Context(), query.StatsFilter{}, 3)
		if err := errors.Join(err, failed, unlisted, unsummed); err != nil {
			t.Error(err)
			return
		}
		if n := len(listAll(t, s)); now < at || !found || len(flags) != 10 || n != sessions {
			t.Errorf("at %d after %d: found is %t, %d flags, %d sessions of %d", now, at, found, len(flags), n, sessions)
			return
		}
		at = now
	}
}

// waiting is a logger that tells when a build waits for the tables.
func waiting() (*slog.Logger, <-chan struct{}) {
	told := make(chan struct{}, 1)
	return slog.New(slog.NewTextHandler(writer(func(line []byte) {
		if bytes.Contains(line, []byte("waits to take its place")) {
			select {
			case told <- struct{}{}:
			default:
			}
		}
	}), &slog.HandlerOptions{Level: slog.LevelDebug})), told
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// A reader that stays in the tables, such as a backup, delays a swap. The other
// readers must not have to wait for either of them.
func TestASwapWaitsForAReaderAndHoldsUpNoOther(t *testing.T) {
	b := onPostgres(t)
	s := b.run(t, quiet())
	live(t, s)
	total := len(listAll(t, s))
	backup, err := b.raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = backup.Rollback() }()
	if _, err := backup.ExecContext(t.Context(), `SELECT count(*) FROM steps`); err != nil {
		t.Fatal(err)
	}
	build := rebuildOf(s, projection.NewSessions(kyc.RuleBook{}))
	var told <-chan struct{}
	build.Logger, told = waiting()
	if err := build.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := build.Run(t.Context())
		ended <- err
	}()
	for range 3 { // times that the swap was tried
		select {
		case <-told:
		case err := <-ended:
			t.Fatalf("the build ended while a reader was in the tables: %v", err)
		}
		if n := len(listAll(t, s)); n != total {
			t.Errorf("%d sessions of %d", n, total)
		}
		advance(t, s) // steps go on as well
	}
	if err := backup.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := b.leftovers(t); n != 0 || len(listAll(t, s)) != total {
		t.Errorf("%d tables and checkpoints are left, and %d sessions of %d", n, len(listAll(t, s)), total)
	}
}

// advance appends an event and folds it into the sessions.
func advance(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	p := projection.NewSessions(kyc.RuleBook{})
	receipt, err := s.Append(t.Context(), request("s1", "more"))
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.ReadAll(t.Context(), receipt.Position-1, 1)
	if err != nil {
		t.Fatal(err)
	}
	step := projection.Step{Name: p.Name(), Version: p.Version(), From: receipt.Position - 1, To: receipt.Position}
	moved, err := s.Step(t.Context(), step, func(ctx context.Context, tx projection.Tx) error { return p.Fold(ctx, tx, events) })
	if err != nil || !moved {
		t.Fatalf("step %+v: %t, %v", step, moved, err)
	}
}
