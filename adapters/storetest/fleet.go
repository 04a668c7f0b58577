package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"dossier/application/eventlog"
)

func fleetCases() []Case {
	return []Case{{"eight processes write while a reader follows", eightProcesses}}
}

const (
	processes         = 8
	writersPerProcess = 4
	appendsPerWriter  = 10
)

// eightProcesses writes to shared and to own streams from all sides. What was
// answered must be there, once, where the answer says, and a reader that
// followed all the time must have seen the whole log.
func eightProcesses(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, processes)
	if err != nil {
		return err
	}
	all := newAnswers()
	grown, followed := make(chan struct{}, 1), make(chan error, 1)
	follower := tail{log: stores[0]}
	go func() {
		var err error
		for range grown {
			err = errors.Join(err, follower.catchUp(ctx))
		}
		followed <- err
	}()
	err = all.writeFrom(ctx, stores, grown)
	close(grown)
	err = errors.Join(err, <-followed, follower.catchUp(ctx), sound(follower.seen))
	if err != nil {
		return err
	}
	events, err := history(ctx, stores[processes-1])
	return errors.Join(err,
		holds(len(events) == len(follower.seen), "the reader saw %d of %d events", len(follower.seen), len(events)),
		all.areIn(events))
}

// answers are the receipts of appends, by what they wrote.
type answers struct {
	mu       sync.Mutex
	receipts map[string]eventlog.Receipt
	errs     []error
}

func newAnswers() *answers { return &answers{receipts: map[string]eventlog.Receipt{}} }

func (a *answers) add(name string, r eventlog.Receipt, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.receipts[name] = r
	if err != nil {
		a.errs = append(a.errs, fmt.Errorf("append %s: %w", name, err))
	}
}

// writeFrom writes from all stores at once and returns when all is answered.
func (a *answers) writeFrom(ctx context.Context, stores []*running, grown chan<- struct{}) error {
	var writing sync.WaitGroup
	for i, s := range stores {
		for j := range writersPerProcess {
			writing.Go(func() {
				for k := range appendsPerWriter {
					name := fmt.Sprintf("%d.%d.%d", i, j, k)
					receipt, err := insist(ctx, s, mixed(name, i, j, k))
					a.add(name, receipt, err)
					select {
					case grown <- struct{}{}:
					default: // the reader is behind already
					}
				}
			})
		}
	}
	writing.Wait()
	return errors.Join(a.errs...)
}

// mixed is an append of one to three notes to a stream that all share, that the
// process has for itself, or that the writer has.
func mixed(name string, i, j, k int) eventlog.Request {
	session := []string{"shared", fmt.Sprint("process ", i), fmt.Sprint("writer ", i, " ", j)}[k%3]
	notes := []string{name, name + " and", name + " more"}[:1+k%3]
	return delivered("evt_"+name, name, write([]string{"default", "other"}[j%2], session, notes...))
}

// insist sends an append again where the log asks for that, as a provider does.
func insist(ctx context.Context, log eventlog.Appender, r eventlog.Request) (eventlog.Receipt, error) {
	for {
		receipt, err := log.Append(ctx, r)
		again := errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, eventlog.ErrOutcomeUnknown) || errors.Is(err, eventlog.ErrBusy)
		if !again || ctx.Err() != nil {
			return receipt, err
		}
	}
}

// areIn checks that each answered append is in the log where its receipt says,
// and nothing else.
func (a *answers) areIn(events []eventlog.Recorded) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	var wanted int64
	for name, r := range a.receipts {
		wanted += r.Last - r.Position + 1
		if r.Position < 1 || r.Last > int64(len(events)) {
			errs = append(errs, fmt.Errorf("append %s was answered %+v, the head is %d", name, r, len(events)))
			continue
		}
		e := events[r.Position-1]
		errs = append(errs, holds(text(e) == name && e.Version == r.Version,
			"append %s was answered %+v, there is %q at version %d", name, r, text(e), e.Version))
	}
	return errors.Join(append(errs,
		holds(int64(len(events)) == wanted, "%d events were answered, the log has %d", wanted, len(events)))...)
}
