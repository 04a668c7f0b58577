package projection_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
)

// buildBook is a book with a build beside it.
type buildBook struct {
	book
	version string // of the live tables
	build   string // the version that is being built; empty for none
	at      int64  // of the build
	inUse   int    // how often a swap or completion is refused
	missing [][2]int64
	steps   []projection.Step
	told    []string // calls, in order
}

func (b *buildBook) Begin(_ context.Context, _, version string) error {
	if version != b.version {
		return projection.ErrSuperseded
	}
	b.build = version
	return nil
}

func (b *buildBook) Building(_ context.Context, _, version string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.owns(version) == nil, nil
}

// stands returns the version of the live tables and their checkpoint.
func (b *buildBook) stands() (version string, at int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.version, b.checkpoint
}

func (b *buildBook) owns(version string) error {
	switch {
	case b.build == version:
		return nil
	case b.build == "" && b.version == version:
		return projection.ErrNoBuild
	}
	return projection.ErrSuperseded
}

func (b *buildBook) Checkpoint(ctx context.Context, name string) (int64, error) {
	if _, build := projection.Model(name); build {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.at, nil
	}
	return b.book.Checkpoint(ctx, name)
}

func (b *buildBook) Head(context.Context) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.head, nil
}

func (b *buildBook) Step(ctx context.Context, s projection.Step, fn func(context.Context, projection.Tx) error) (bool, error) {
	if _, build := projection.Model(s.Name); !build {
		return b.book.Step(ctx, s, fn)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.owns(s.Version); err != nil {
		return false, err
	}
	b.steps = append(b.steps, s)
	if b.at != s.From {
		return false, nil
	}
	if err := fn(ctx, nil); err != nil {
		return false, err
	}
	b.at = s.To
	return true, nil
}

func (b *buildBook) Complete(_ context.Context, _, version string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, "complete")
	return b.owns(version)
}

func (b *buildBook) Swap(ctx context.Context, _, version string, fold func(context.Context, projection.Tx, int64, int64) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, "swap")
	if err := b.owns(version); err != nil {
		return err
	}
	if b.inUse > 0 {
		b.inUse--
		return projection.ErrInUse
	}
	if b.at < b.checkpoint {
		b.missing = append(b.missing, [2]int64{b.at, b.checkpoint})
		b.mu.Unlock() // as the log is read without a lock of the store
		err := fold(ctx, nil, b.at, b.checkpoint)
		b.mu.Lock()
		if err != nil {
			return err
		}
	}
	b.version, b.build, b.checkpoint = version, "", max(b.at, b.checkpoint)
	return nil
}

// builder is a projection that remembers what it folded, for a build.
type builder struct {
	version string
	mu      sync.Mutex
	folded  []int64
}

func (*builder) Name() string      { return "recorder" }
func (b *builder) Version() string { return b.version }

func (b *builder) Fold(_ context.Context, _ projection.Tx, events []eventlog.Recorded) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		b.folded = append(b.folded, e.Position)
	}
	return nil
}

func rebuildOf(b *buildBook, version string) (*projection.Rebuild, *builder) {
	p := &builder{version: version}
	return &projection.Rebuild{
		Projection: p, Log: b, Store: b, Advanced: &eventlog.Broadcast{}, Logger: slog.New(slog.DiscardHandler),
	}, p
}

func TestABuildFoldsTheLogOnceAndTakesItsPlace(t *testing.T) {
	b := &buildBook{book: book{head: 25_003, checkpoint: 25_000}, version: "1", build: "2"}
	r, p := rebuildOf(b, "2")
	var told []int64
	r.Progress = func(done, head int64) { told = append(told, done, head) }
	advanced := r.Advanced.Changed()
	folded, err := r.Run(t.Context())
	if err != nil || folded != 25_003 || !slices.Equal(p.folded, upTo(25_003)) {
		t.Errorf("folded %d events, %d of them in order, %v", folded, len(p.folded), err)
	}
	if want := []int64{10_000, 25_003, 20_000, 25_003, 25_003, 25_003}; !slices.Equal(told, want) {
		t.Errorf("the progress was %v, want %v", told, want)
	}
	if b.version != "2" || b.checkpoint != 25_003 || !slices.Equal(b.told, []string{"complete", "swap"}) {
		t.Errorf("live is version %s at %d after %v", b.version, b.checkpoint, b.told)
	}
	select {
	case <-advanced:
	default:
		t.Error("nobody was told of the swap")
	}
}

// While webhooks come in, a build takes small steps and rests between them.
func TestABuildStepsAsideWhileTheLogGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &buildBook{book: book{head: 80_000}, version: "1", build: "1"}
		r, p := rebuildOf(b, "1")
		r.Progress = func(done, _ int64) {
			if done < 30_000 {
				b.grow(10)
			}
		}
		if _, err := r.Run(t.Context()); err != nil || !slices.Equal(p.folded, upTo(b.head)) {
			t.Fatalf("folded %d events, %v", len(p.folded), err)
		}
		small := slices.IndexFunc(b.steps, func(s projection.Step) bool { return s.To-s.From == 2500 })
		large := slices.IndexFunc(b.steps[max(small, 0):], func(s projection.Step) bool { return s.To-s.From == 10_000 })
		// Two pages are read or being read when the growth is seen.
		if small < 1 || small > 3 || large < 1 {
			t.Errorf("the first small step is %d, the next large one %d after it: %v", small, large, b.steps)
		}
	})
}

// Another process steps ahead between the reading of the checkpoint and a step.
func TestABuildThatAnotherProcessAdvancesIsFoldedFromThere(t *testing.T) {
	b := &buildBook{book: book{head: 30_000}, version: "1", build: "1"}
	r, p := rebuildOf(b, "1")
	var once sync.Once
	r.Progress = func(int64, int64) { once.Do(func() { b.mu.Lock(); b.at = 27_000; b.mu.Unlock() }) }
	folded, err := r.Run(t.Context())
	if want := append(upTo(10_000), upTo(30_000)[27_000:]...); err != nil || folded != 13_000 || !slices.Equal(p.folded, want) {
		t.Errorf("folded %d events from %v, %v", folded, p.folded[10_000:10_001], err)
	}
}

func TestABuildIsTriedAgainWhileTheTablesAreInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &buildBook{book: book{head: 3}, version: "1", build: "1", inUse: 5}
		start := time.Now()
		r, p := rebuildOf(b, "1")
		if _, err := r.Run(t.Context()); err != nil || len(b.told) != 12 || len(p.folded) != 3 {
			t.Errorf("after %v: %d events, %v", b.told, len(p.folded), err)
		}
		if took := time.Since(start); took < time.Second || took > 5*time.Second {
			t.Errorf("it was tried again within %s", took)
		}
	})
}

func TestABuildThatFellBehindCatchesUpBeforeItsSwap(t *testing.T) {
	// The live tables run ahead of what the log shows this process.
	b := &buildBook{book: book{head: 10, checkpoint: 20_000}, version: "1", build: "1"}
	r, p := rebuildOf(b, "1")
	r.Store = growing{b}
	folded, err := r.Run(t.Context())
	if err != nil || folded != 20_000 || !slices.Equal(p.folded, upTo(20_000)) {
		t.Errorf("folded %d events, %d in order, %v", folded, len(p.folded), err)
	}
	if len(b.missing) != 1 || b.missing[0] != [2]int64{10, 20_000} {
		t.Errorf("missing were %v: a swap must not fold that much", b.missing)
	}
}

// growing lets the log grow when a swap was tried.
type growing struct{ *buildBook }

func (g growing) Swap(ctx context.Context, name, version string, fold func(context.Context, projection.Tx, int64, int64) error) error {
	err := g.buildBook.Swap(ctx, name, version, fold)
	g.mu.Lock()
	g.head = 20_000
	g.mu.Unlock()
	return err
}

func TestABuildEndsAsItsVersionFares(t *testing.T) {
	for name, c := range map[string]struct {
		live, build string
		want        error
	}{
		"another process has ended it":        {"2", "", nil},
		"another version took its place":      {"1", "3", projection.ErrSuperseded},
		"it was dropped for the live version": {"1", "", projection.ErrSuperseded},
	} {
		b := &buildBook{book: book{head: 3}, version: c.live, build: c.build}
		r, _ := rebuildOf(b, "2")
		if folded, err := r.Run(t.Context()); !errors.Is(err, c.want) || folded != 0 {
			t.Errorf("%s: %d events, %v, want %v", name, folded, err, c.want)
		}
	}
}

func TestABuildEndsWithItsContext(t *testing.T) {
	b := &buildBook{book: book{head: 3}, version: "1", build: "1", inUse: 1 << 30}
	ctx, stop := context.WithCancel(t.Context())
	r, _ := rebuildOf(b, "1")
	r.Progress = func(int64, int64) { stop() }
	if _, err := r.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// A runner with a build goes on with the live tables, and ends the build.
func TestARunnerBuildsBesideItsSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &buildBook{book: book{head: 12_000, checkpoint: 11_000}, version: "1", build: "2", inUse: 3}
		r := runnerOf(&b.book)
		var p *builder
		r.Store = b
		r.Rebuild, p = rebuildOf(b, "2")
		r.Projection = versioned{recorder{&b.book}, "2"}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		if version, _ := b.stands(); version != "1" || !slices.Equal(b.book.folded, upTo(12_000)[11_000:]) {
			t.Errorf("while the tables are in use: %d folded live, which is of version %s", len(b.book.folded), version)
		}
		<-time.After(5 * time.Second) // of the bubble's clock
		if version, at := b.stands(); version != "2" || at != 12_000 || !slices.Equal(p.folded, upTo(12_000)) {
			t.Errorf("live is version %s at %d, the build folded %d", version, at, len(p.folded))
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

type versioned struct {
	recorder
	version string
}

func (v versioned) Version() string { return v.version }
