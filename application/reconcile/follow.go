package reconcile

import (
	"context"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

const (
	// pollInterval is how often it is looked whether the log has grown. Sessions
	// are asked for after a quiet time, so nobody waits for that.
	pollInterval = time.Second
	// moveInterval is how seldom the place is moved: to look at events again costs
	// little, to write for each much.
	moveInterval = time.Second
	// mostNeeds is how many sessions may wait; beyond it the log is not read on.
	mostNeeds = 1000
)

// following is what a follower knows while it holds its place.
type following struct {
	*Follower
	keeper   *consumer.Keeper
	at       *consumer.Place
	sessions Metered
	agenda   agenda
	brake    brake
	readAt   time.Time // when the log was read to its end
	busy     int       // workers
	answers  int       // attempts that succeeded
	results  chan result
}

// result is what became of an attempt.
type result struct {
	need     *need
	snapshot int64 // its position; 0 if none was recorded
	again    bool  // the provider is to be asked again
	err      error
}

// follow reconciles until ctx ends, or the place is lost.
func (f *Follower) follow(ctx context.Context, keeper *consumer.Keeper, at *consumer.Place) error {
	workers := orDefault(f.Workers, defaultWorkers)
	d := &following{
		Follower: f, keeper: keeper, at: at, sessions: Metered{f.Sessions, Follow, f.Meter},
		agenda: newAgenda(at.Position(), f.quiet()), results: make(chan result, workers),
	}
	working, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	err := d.loop(ctx, func(n *need) {
		running.Go(func() {
			done, err := attempt(working, attemptLimit, d.sessions, n.stream)
			d.results <- result{n, done.Position, !done.AskAgain.IsZero(), err}
		})
	})
	stop()
	running.Wait()
	return d.end(ctx, err)
}

// loop reads the log and begins attempts, until it can't.
func (d *following) loop(ctx context.Context, begin func(*need)) error {
	for {
		full, err := d.read(ctx)
		if err != nil {
			return err
		}
		next := d.beginDue(begin)
		if err := d.move(ctx, moveInterval); err != nil {
			return err
		}
		if full {
			next = d.now()
		}
		if err := d.wait(ctx, next); err != nil {
			return err
		}
	}
}

// read reads a page of the log, and returns whether more follows. It does not
// read while too many sessions wait, nor again and again at the end of the log.
func (d *following) read(ctx context.Context) (full bool, err error) {
	if len(d.agenda.needs) >= mostNeeds || d.now().Sub(d.readAt) < pollInterval {
		return false, nil
	}
	var events []eventlog.Recorded
	page := orDefault(d.Page, defaultPage)
	err = d.keeper.Insist(ctx, "read the log", func(ctx context.Context) (err error) {
		events, err = d.Log.ReadAll(ctx, d.agenda.through, page)
		return err
	})
	for _, e := range events {
		d.agenda.read(e, d.now(), d.Knows)
	}
	if full = len(events) == page; !full {
		d.readAt = d.now()
	}
	return full, err
}

// beginDue begins attempts for the sessions that are due, as far as there are
// workers. It returns when there may be more to do.
func (d *following) beginDue(begin func(*need)) (next time.Time) {
	now := d.now()
	next = now.Add(pollInterval)
	if d.brake.until.After(now) {
		return earlier(next, d.brake.until)
	}
	workers := cap(d.results)
	if d.brake.on() {
		workers = 1
	}
	for d.busy < workers {
		n, due := d.agenda.take(now)
		if n == nil {
			if !due.IsZero() {
				next = earlier(next, due)
			}
			return next
		}
		d.busy++
		begin(n)
	}
	return next
}

// move moves the place behind what is done, from time to time.
func (d *following) move(ctx context.Context, interval time.Duration) error {
	through := d.agenda.settled()
	if through == d.at.Position() || d.at.Since() < interval {
		return nil
	}
	return d.at.Move(ctx, through)
}

// wait waits for a time, or for an attempt to end.
func (d *following) wait(ctx context.Context, next time.Time) error {
	timer := time.NewTimer(next.Sub(d.now()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case r := <-d.results:
		d.took(ctx, r)
	case <-timer.C:
	}
	return nil
}

// took takes the result of an attempt.
func (d *following) took(ctx context.Context, r result) {
	d.busy--
	switch {
	case r.err == nil:
		d.answers++
		d.released(&d.brake)
		d.agenda.settle(r.need, r.snapshot, r.again)
		return
	case ctx.Err() != nil:
		d.agenda.again(r.need, d.now())
		return
	}
	d.pressed(&d.brake, r.err, d.keeper.Spread)
	if passing(r.err) && !d.alone(r) {
		d.agenda.again(r.need, d.brake.until)
		return
	}
	waits := d.waits()
	if r.need.tries == len(waits) {
		d.giveUp(Follow, r.need.stream, r.err)
		d.agenda.settle(r.need, 0, false)
		return
	}
	d.agenda.again(r.need, d.now().Add(d.keeper.Spread(waits[r.need.tries])))
	r.need.tries++
}

// alone says whether a session failed again while others were answered: then it
// is not the API that is away.
func (d *following) alone(r result) bool {
	failed, before := d.answers+1, r.need.failed
	r.need.failed = failed
	return !asksForTime(r.err) && before != 0 && failed > before
}

// end takes what the workers have done, and moves the place behind it.
func (d *following) end(ctx context.Context, err error) error {
	close(d.results)
	for r := range d.results {
		d.took(ctx, r)
	}
	if d.agenda.settled() > d.at.Position() {
		if err := d.at.Move(ctx, d.agenda.settled()); err != nil {
			return err
		}
	}
	return err
}
