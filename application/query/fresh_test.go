package query_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
)

// question asks one thing of the read models or the log and returns the
// position of the answer.
type question func(context.Context, *query.Reads, query.Fresh) (int64, error)

// modelQuestions are those that a read model answers.
func modelQuestions() map[string]question {
	return map[string]question{
		"session": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			answer, err := r.Session(ctx, stream(), f)
			return answer.Position, err
		},
		"sessions": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			list, err := r.Sessions(ctx, query.SessionFilter{}, 0, 10, f)
			return list.Position, err
		},
		"flags": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			list, err := r.Flags(ctx, query.FlagFilter{}, 0, 10, f)
			return list.Position, err
		},
		"stats": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			stats, err := r.Stats(ctx, query.StatsFilter{Bucket: projection.BucketDay, To: 24}, 10, f)
			return stats.Position, err
		},
		"projections": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			return r.AwaitProjections(ctx, []string{projection.SessionsName, projection.FlagsName}, f)
		},
	}
}

// logQuestions are those that the log answers.
func logQuestions() map[string]question {
	return map[string]question{
		"version": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			answer, err := r.SessionAtVersion(ctx, stream(), 1, f)
			return answer.Position, err
		},
		"as of": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			answer, err := r.SessionAsOf(ctx, stream(), dawn(), f)
			return answer.Position, err
		},
		"timeline": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			list, err := r.Timeline(ctx, stream(), 0, 10, f)
			return list.Position, err
		},
		"events": func(ctx context.Context, r *query.Reads, f query.Fresh) (int64, error) {
			list, err := r.Events(ctx, eventlog.Filter{}, eventlog.Place{}, 10, f)
			return list.Position, err
		},
	}
}

// eachQuestion runs a test for each, on a store that has seen one event, with a
// way to let it see one more. The word is given to the signal that counts.
func eachQuestion(t *testing.T, test func(t *testing.T, f *fake, ask question, move, wake func())) {
	for name, ask := range modelQuestions() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{sessions: []projection.Session{{Stream: stream()}}}
				to := func(position int64) {
					f.advance(projection.SessionsName, position)
					f.advance(projection.FlagsName, position)
					f.advance(projection.StatsName, position)
				}
				to(1)
				test(t, f, ask, func() { to(2) }, f.advanced.Notify)
			})
		})
	}
	for name, ask := range logQuestions() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				f.record(1)
				test(t, f, ask, func() { f.record(1) }, f.grown.Notify)
			})
		})
	}
}

// later asks without waiting for the answer.
func later(t *testing.T, f *fake, ask question, fresh query.Fresh) (answered func() (int64, error)) {
	var position int64
	var err error
	done := make(chan struct{})
	go func() {
		position, err = ask(t.Context(), f.reads(), fresh)
		close(done)
	}()
	synctest.Wait()
	return func() (int64, error) { <-done; return position, err }
}

func TestWhatIsThereIsAnsweredAtOnce(t *testing.T) {
	eachQuestion(t, func(t *testing.T, f *fake, ask question, _, _ func()) {
		for _, least := range []int64{0, 1} {
			began := time.Now()
			position, err := ask(t.Context(), f.reads(), query.Fresh{MinPosition: least})
			if position != 1 || err != nil || time.Since(began) != 0 {
				t.Errorf("position %d, %v after %v", position, err, time.Since(began))
			}
		}
	})
}

func TestACallerReadsItsOwnWriteAsSoonAsItIsThere(t *testing.T) {
	eachQuestion(t, func(t *testing.T, f *fake, ask question, move, wake func()) {
		began := time.Now()
		answered := later(t, f, ask, query.Fresh{MinPosition: 2, Wait: time.Minute})
		move()
		wake()
		if position, err := answered(); position != 2 || err != nil {
			t.Errorf("position %d, %v", position, err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it was not woken, but looked after %v", took)
		}
	})
}

func TestAWriteOfAnotherProcessIsFoundWithoutBeingWoken(t *testing.T) {
	eachQuestion(t, func(t *testing.T, f *fake, ask question, move, _ func()) {
		began := time.Now()
		answered := later(t, f, ask, query.Fresh{MinPosition: 2, Wait: time.Minute})
		move()
		if position, err := answered(); position != 2 || err != nil {
			t.Errorf("position %d, %v", position, err)
		}
		if took := time.Since(began); took <= 0 || took > 25*time.Millisecond {
			t.Errorf("it was found after %v", took)
		}
	})
}

func TestPatienceEndsWithWhatThereIs(t *testing.T) {
	eachQuestion(t, func(t *testing.T, f *fake, ask question, _, wake func()) {
		for _, patience := range []time.Duration{0, time.Millisecond, 2 * time.Second} {
			began := time.Now()
			answered := later(t, f, ask, query.Fresh{MinPosition: 3, Wait: patience})
			wake() // a hint is not the truth
			position, err := answered()
			stale, ok := errors.AsType[*query.StaleError](err)
			if !ok || *stale != (query.StaleError{Have: 1, Want: 3}) || position != 1 {
				t.Errorf("position %d, %v", position, err)
			}
			if took := time.Since(began); took != patience {
				t.Errorf("it waited %v, not %v", took, patience)
			}
		}
	})
}

func TestWaitingEndsWithTheCall(t *testing.T) {
	eachQuestion(t, func(t *testing.T, f *fake, ask question, _, _ func()) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := ask(ctx, f.reads(), query.Fresh{MinPosition: 2, Wait: time.Minute}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestAFaultIsToldAtOnce(t *testing.T) {
	eachQuestion(t, func(t *testing.T, f *fake, ask question, _, _ func()) {
		f.fault = errAway
		if _, err := ask(t.Context(), f.reads(), query.Fresh{MinPosition: 2, Wait: time.Minute}); !errors.Is(err, errAway) {
			t.Errorf("error %v", err)
		}
	})
}

func TestAStaleErrorGivesBothPositions(t *testing.T) {
	const want = "the read model has position 7, not yet 9"
	if got := (&query.StaleError{Have: 7, Want: 9}).Error(); got != want {
		t.Error(got)
	}
}
