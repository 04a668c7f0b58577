package simulator

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync"
	"time"

	"dossier/application/eventlog"
)

const (
	answerTimeout    = 60 * time.Second // as long as the relay waits
	progressInterval = 250 * time.Millisecond
)

// ErrNoneAccepted is returned by Run when a delivery was given up while the
// server had not accepted a single one: a wrong URL or secret, or no server at
// all. Other deliveries may have been sent, and even stored, in the meantime.
var ErrNoneAccepted = errors.New("no webhook was accepted")

// Run sends the whole plan and returns what came of it. It waits for every
// answer and leaves no goroutine behind.
//
// The summary is valid whatever the error is. That a delivery was refused is no
// error once any was accepted: it is counted. Errors are the faults of Validate
// (nothing was sent), ErrNoneAccepted, and ctx.Err() when ctx ended the run,
// which leaves requests under way without an answer.
func Run(ctx context.Context, cfg Config) (Summary, error) {
	return Send(ctx, cfg, Plan(cfg), nil)
}

// Send is Run for other deliveries than those of the plan. Done, unless it is
// nil, is told of each that was accepted or given up, by several goroutines at
// once; of what a cancelled run leaves under way it is not.
func Send(ctx context.Context, cfg Config, plan iter.Seq[Delivery], done func(d Delivery, accepted bool)) (Summary, error) {
	if err := cfg.Validate(); err != nil {
		return Summary{}, err
	}
	r := newRunner(cfg.withDefaults(), plan)
	if done != nil {
		r.sender.done = done
	}
	defer r.release()

	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.reporting(func() { r.sendAll(inner, stop) })

	return r.tally.result(), r.fault(ctx, context.Cause(inner))
}

// fault says why a run ended early; nil if it did not, whatever became of ctx
// since.
func (r *runner) fault(ctx context.Context, cause error) error {
	switch {
	case r.complete:
		return nil
	case errors.Is(cause, ErrNoneAccepted):
		return cause
	default:
		return ctx.Err()
	}
}

// runner is one run.
type runner struct {
	cfg      Config
	plan     iter.Seq[Delivery]
	tally    *tally
	sender   sender
	release  func() // closes the connections, if they are ours
	complete bool   // the whole plan was sent; valid after sendAll
}

func newRunner(cfg Config, plan iter.Seq[Delivery]) *runner {
	client, release := newClient(cfg)
	t := newTally(cfg.Sessions)
	return &runner{
		cfg: cfg, plan: plan, tally: t, release: release,
		sender: sender{
			client: client, url: cfg.URL, redact: newRedactor(cfg), tally: t, done: func(Delivery, bool) {},
		},
	}
}

// newClient returns the client of a run and what to call at its end.
func newClient(cfg Config) (http.Client, func()) {
	var client http.Client
	release := func() {}
	if cfg.Client != nil {
		client = *cfg.Client
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = cfg.Concurrency, cfg.Concurrency
		client = http.Client{Transport: transport, Timeout: answerTimeout}
		release = transport.CloseIdleConnections
	}
	// A redirect would turn the webhook into a GET and carry the URL along.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, release
}

// sendAll plans, and lets the workers send, until all is sent or ctx is done.
func (r *runner) sendAll(ctx context.Context, stop context.CancelCauseFunc) {
	// Room to look ahead, so that a busy session does not keep others waiting.
	lanes := newLanes(max(4*r.cfg.Concurrency, 64))
	var workers sync.WaitGroup
	for range r.cfg.Concurrency {
		workers.Go(func() {
			lanes.work(func(j job) {
				if err := r.send(ctx, j); err != nil {
					stop(err)
				}
			})
		})
	}
	planned := r.dispatch(ctx, lanes)
	lanes.close()
	workers.Wait()
	r.complete = planned && ctx.Err() == nil
}

// dispatch adds the plan's deliveries, each when it is due. It returns false if
// ctx ended first.
func (r *runner) dispatch(ctx context.Context, lanes *lanes) bool {
	begun := time.Now()
	for d := range r.plan {
		j := job{Delivery: d}
		if r.cfg.Rate > 0 {
			j.due = begun.Add(time.Duration(float64(d.Number) / r.cfg.Rate * float64(time.Second)))
			if wait := time.Until(j.due); wait > 0 && !eventlog.Pause(ctx, wait) {
				return false
			}
		}
		if !lanes.add(ctx, j) {
			return false
		}
	}
	return true
}

func (r *runner) send(ctx context.Context, j job) error {
	if ctx.Err() != nil {
		return nil
	}
	if !j.due.IsZero() {
		r.tally.sentBehind(time.Since(j.due))
	}
	return r.sender.deliver(ctx, j.Delivery)
}

// reporting runs work and tells of its progress, the last time after its end.
func (r *runner) reporting(work func()) {
	if r.cfg.OnProgress == nil {
		work()
		return
	}
	over := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() { r.report(over) })
	work()
	close(over)
	reporter.Wait()
	r.cfg.OnProgress(r.tally.progress())
}

func (r *runner) report(over <-chan struct{}) {
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.cfg.OnProgress(r.tally.progress())
		case <-over:
			return
		}
	}
}
