package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"dossier/application/eventlog"
)

const (
	// retryInterval is how often it is asked which deferred messages are due, and
	// how soon a replay is noticed. If to ask takes long, it is asked less often.
	retryInterval = 2 * time.Second
	restFactor    = 20
	// dueLimit is how many sessions are tried before it is asked again, retryLanes
	// how many of them at a time, and catchUp how many messages of each.
	dueLimit   = 200
	retryLanes = 8
	catchUp    = 100
)

// retry tries deferred messages again when they are due, until ctx ends or the
// relay must not go on.
func (d *delivery) retry(ctx context.Context) error {
	for {
		var due []Deferred
		start := d.now()
		err := d.insist(ctx, "read what is due", func(ctx context.Context) (err error) {
			due, err = d.Deferred.Due(ctx, d.Name, start, d.latest(start), dueLimit)
			return err
		})
		asking := d.now().Sub(start)
		if err == nil {
			err = d.retryAll(ctx, due)
		}
		if err != nil {
			return err
		}
		if len(due) < dueLimit {
			eventlog.Wait(ctx, nil, max(retryInterval, restFactor*asking))
		}
	}
}

// retryAll tries the first messages of several sessions.
func (d *delivery) retryAll(ctx context.Context, due []Deferred) error {
	queue := make(chan Deferred, len(due))
	for _, m := range due {
		queue <- m
	}
	close(queue)
	failures := make(chan error, retryLanes)
	var lanes sync.WaitGroup
	for range min(retryLanes, len(due)) {
		lanes.Go(func() {
			for m := range queue {
				if err := d.catchUp(ctx, m); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	lanes.Wait()
	close(failures)
	return <-failures // nil if there is none
}

// catchUp tries the first deferred message of a session, and those behind it
// until one is not accepted. A long row of them goes on when others had their
// turn.
func (d *delivery) catchUp(ctx context.Context, m Deferred) error {
	for range catchUp {
		failure, err := d.again(ctx, m)
		if err != nil {
			return err
		}
		if failure != nil {
			m = d.failed(m, failure)
			return d.insist(ctx, "store a failure", func(ctx context.Context) error {
				return d.Deferred.Refused(ctx, d.Name, m)
			})
		}
		var found bool
		err = d.insist(ctx, "forget a deferred message", func(ctx context.Context) (err error) {
			m, found, err = d.accepted(ctx, m)
			return err
		})
		if err != nil || !found || !d.due(m) {
			return err
		}
	}
	return nil
}

// due says that a message may be tried now.
func (d *delivery) due(m Deferred) bool {
	now := d.now()
	return !m.Parked() && (!m.Due.After(now) || m.Due.After(d.latest(now)))
}

// accepted is Retries.Accepted; m stays as it is if it fails.
func (d *delivery) accepted(ctx context.Context, m Deferred) (next Deferred, found bool, err error) {
	if next, found, err = d.Deferred.Accepted(ctx, d.Name, m); err != nil {
		return m, false, err
	}
	return next, found, nil
}

// errNoEvent: the log may have been restored from a backup that is older.
var errNoEvent = errors.New("the log has no such event")

// again delivers a deferred message.
func (d *delivery) again(ctx context.Context, deferred Deferred) (failure *Failure, err error) {
	var m Message
	err = d.insist(ctx, "read a deferred event", func(ctx context.Context) error {
		e, err := d.Log.ReadOne(ctx, deferred.Position)
		if err == nil {
			m, err = d.envelop(e)
		}
		if errors.Is(err, eventlog.ErrNotFound) {
			failure, err = &Failure{Err: errNoEvent}, nil
		}
		return err
	})
	if err != nil || failure != nil {
		return failure, err
	}
	return d.deliver(ctx, m)
}
