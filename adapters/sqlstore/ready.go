package sqlstore

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

const (
	// probeInterval is for how long a probe that succeeded is trusted: anyone may
	// ask whether the service is ready, and a probe waits for the disk.
	probeInterval = time.Second
	// recentFailure is how long an append that failed is held against a store
	// whose probes succeed.
	recentFailure = 10 * time.Second
)

// The reasons why a store is not ready. Anyone may read them.
var (
	errAppendFailed = errors.New("the last append failed")
	errNoAppend     = errors.New("the log's lock can't be had")
	errNoWrite      = errors.New("the database can't be written to")
	errGone         = errors.New("the database's file was removed or replaced")
	errNoStandby    = errors.New("no synchronous standby confirms what is written")
	errNoAnswer     = errors.New("the database does not answer")
)

// writeProbe really writes: an UPDATE that touches no row would not.
const writeProbe = `INSERT INTO settings (name, value) VALUES ('readiness_probe', $1)
ON CONFLICT (name) DO UPDATE SET value = excluded.value`

// readiness is what is known of whether appends can be made durable.
type readiness struct {
	probing chan struct{} // holds one while a probe runs

	mu       sync.Mutex
	provedAt time.Time // when a probe last succeeded
	failedAt time.Time // when the last append failed; zero if one succeeded since
}

func newReadiness() *readiness { return &readiness{probing: make(chan struct{}, 1)} }

// appended takes note of what became of a batch.
func (r *readiness) appended(failed bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failedAt = time.Time{}
	if failed {
		r.failedAt = now
	}
}

// known returns what needs no probe to be known.
func (r *readiness) known(now time.Time) (verdict error, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.failedAt.IsZero() && now.Sub(r.failedAt) < recentFailure {
		return errAppendFailed, true
	}
	return nil, !r.provedAt.IsZero() && now.Sub(r.provedAt) < probeInterval
}

func (r *readiness) proved(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.provedAt = now
}

// Ready says whether an append can be made durable now. It returns nil, or a
// reason that anyone may read. It passes through the queue and the log's lock as
// an append does, and writes to the disk; of calls at once one does. The store
// must be run.
func (s *Store) Ready(ctx context.Context) error {
	if s.Replicated() != nil {
		return errNoStandby
	}
	if verdict, known := s.readiness.known(time.Now()); known {
		return verdict
	}
	select {
	case s.readiness.probing <- struct{}{}:
	case <-ctx.Done():
		return errNoAnswer
	}
	if verdict, known := s.readiness.known(time.Now()); known {
		<-s.readiness.probing
		return verdict
	}
	// A driver may wait for its server although the context has ended.
	answer := make(chan error, 1)
	go func() {
		defer func() { <-s.readiness.probing }()
		verdict := s.probeWrite(ctx)
		if verdict == nil {
			s.readiness.proved(time.Now())
		}
		answer <- verdict
	}()
	select {
	case verdict := <-answer:
		return verdict
	case <-ctx.Done():
		return errNoAnswer
	}
}

func (s *Store) probeWrite(ctx context.Context) error {
	if _, err := s.Append(ctx, nothing()); err != nil {
		s.logger.Debug("probe an append", "error", err)
		return errNoAppend
	}
	if s.dialect.Confirm != "" { // who asks may go before a standby is found to be missing
		ctx = context.WithoutCancel(ctx)
	}
	_, err := s.bounded(ctx, confirmWait, func(ctx context.Context) (int64, error) {
		return s.execDurable(ctx, writeProbe, strconv.FormatInt(codec.Micros(time.Now()), 10))
	})
	switch {
	case err != nil && s.dialect.Classify(err) == Unreplicated:
		s.unconfirmed(s.confirmed.at(), err)
		return errNoStandby
	case s.intact() != nil:
		return errGone
	case err != nil:
		s.logger.Debug("probe a write", "error", err)
		return errNoWrite
	}
	return nil
}

// intact returns an error if what is written now would be lost to others. It is
// asked while a transaction writes, or after one did.
func (s *Store) intact() error {
	if s.dialect.Intact == nil {
		return nil
	}
	return s.dialect.Intact()
}

// nothing is a request that takes the whole way of an append, and appends no
// event.
func nothing() eventlog.Request {
	return eventlog.Request{
		Stream: eventlog.Stream{App: "readiness", Session: "probe"},
		Decide: func(eventlog.Head) ([]kyc.Event, error) { return nil, nil },
	}
}
