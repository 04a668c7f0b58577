package replay

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime"

	"dossier/domain/kyc"
)

const (
	// pageSize is how many positions are read at once: enough that the cost of a
	// statement vanishes.
	pageSize = 5000
	// pagesAhead is how many pages are read before they are folded.
	pagesAhead = 2
)

// Fold says what to fold, and by what.
type Fold struct {
	Log    Log
	Decode func(name, data string) (kyc.Event, error) // of a stored event
	Rules  kyc.RuleBook
	App    kyc.App // empty: all
	// Workers is how many streams are folded at once; 0: as many as there are
	// processors.
	Workers int
	// Progress is told the position up to which the log was read, from one
	// goroutine; nil: nobody is.
	Progress func(position int64)
}

// Run folds every stream from its first event through a position, and returns
// the totals of the events from a position on and of the sessions that these
// belong to: each stands as all of its events leave it. It returns ErrNotWhole
// or what the log returns, and then no totals.
func (f Fold) Run(ctx context.Context, from, to int64) (Totals, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workers := f.start(ctx, stop, from)
	if err := f.read(ctx, workers, to); err != nil {
		stop(err)
	}
	for _, w := range workers {
		close(w.pages)
	}
	var totals Totals
	for _, w := range workers {
		w.folding.Wait()
		totals.add(w.count.Totals)
	}
	if ctx.Err() != nil {
		return Totals{}, context.Cause(ctx) // the first fault: those after it may follow from it
	}
	totals.From, totals.To = from, to
	return totals, nil
}

// start starts the workers, the first fault of which ends them all.
func (f Fold) start(ctx context.Context, stop context.CancelCauseFunc, from int64) []*worker {
	n := f.Workers
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	workers := make([]*worker, n)
	for i := range workers {
		w := &worker{
			decode: f.Decode, rules: f.Rules, count: count{newTotals(), from},
			pages: make(chan []Row, pagesAhead), sessions: map[string]*folded{},
		}
		w.folding.Go(func() {
			if err := w.run(ctx); err != nil {
				stop(err)
			}
		})
		workers[i] = w
	}
	return workers
}

// read hands each worker the events of its streams.
func (f Fold) read(ctx context.Context, workers []*worker, to int64) error {
	seed := maphash.MakeSeed()
	for after := int64(0); after < to; {
		through := min(after+pageSize, to)
		rows, err := f.Log.ReadRows(ctx, f.App, after, through)
		if err != nil {
			return err
		}
		if err := f.check(rows, after, through); err != nil {
			return err
		}
		for i, share := range shared(rows, len(workers), seed) {
			if err := workers[i].take(ctx, share); err != nil {
				return err
			}
		}
		after = through
		if f.Progress != nil {
			f.Progress(after)
		}
	}
	return nil
}

// shared splits a page so that each stream falls to the same share in all pages
// of one seed.
func shared(rows []Row, n int, seed maphash.Seed) [][]Row {
	shares := make([][]Row, n)
	for i := range shares {
		shares[i] = make([]Row, 0, len(rows)/n*5/4) // streams are spread evenly, more or less
	}
	for _, r := range rows {
		i := maphash.String(seed, r.Stream) % uint64(n)
		shares[i] = append(shares[i], r)
	}
	return shares
}

// check says that a page has every position, as far as it can tell: of one app
// only the order.
func (f Fold) check(rows []Row, after, through int64) error {
	next := after + 1
	for _, r := range rows {
		if r.Position < next || r.Position > next && f.App == "" {
			return fmt.Errorf("position %d follows %d: %w", r.Position, next-1, ErrNotWhole)
		}
		next = r.Position + 1
	}
	if f.App == "" && next != through+1 {
		return fmt.Errorf("there is no position %d: %w", next, ErrNotWhole)
	}
	return nil
}
