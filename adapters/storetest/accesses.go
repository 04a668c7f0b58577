package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/domain/kyc"
)

func accessCases() []Case {
	return []Case{
		{"accesses are read back as they were recorded", accesses},
		{"accesses are read in pages, of all or of one actor", accessPages},
		{"accesses that are recorded at once are numbered without holes", accessesAtOnce},
		{"what would change the access log or take from it is refused", attackedAccesses},
		{"an access that can't be recorded is refused and writes nothing", unstorableAccesses},
		{"an access that is given up does not hold up the next", accessGivenUp},
	}
}

// look is an entry of an actor who did something.
func look(actor, action string) accesslog.Entry {
	return accesslog.Entry{At: noon, Actor: actor, Role: access.Auditor, Via: accesslog.API, Action: action}
}

// record records entries one after the other.
func record(ctx context.Context, log accesslog.Recorder, entries ...accesslog.Entry) error {
	for i, e := range entries {
		if err := log.Record(ctx, e); err != nil {
			return fmt.Errorf("record access %d of %d: %w", i+1, len(entries), err)
		}
	}
	return nil
}

// readsAccess checks a page of the access log.
func readsAccess(ctx context.Context, log accesslog.Reader, actor string, after int64, limit int, wanted ...accesslog.Recorded) error {
	got, err := log.ReadAccess(ctx, actor, after, limit)
	return errors.Join(err, same(fmt.Sprintf("accesses of %q after %d, at most %d", actor, after, limit), got, wanted))
}

// numbered gives entries the numbers from 1.
func numbered(entries ...accesslog.Entry) []accesslog.Recorded {
	all := make([]accesslog.Recorded, len(entries))
	for i, e := range entries {
		all[i] = accesslog.Recorded{Number: int64(i + 1), Entry: e}
	}
	return all
}

// accesses have odd texts, times that run backwards, and are read by another
// store.
func accesses(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	entries := []accesslog.Entry{{At: noon, Actor: "root", Via: accesslog.CLI, Action: "export"}}
	for i, odd := range oddTexts() {
		entries = append(entries, accesslog.Entry{
			At: noon.Add(-time.Duration(i) * time.Microsecond), Actor: odd, Role: access.Roles()[i%len(access.Roles())],
			Via: accesslog.API, Action: odd, App: kyc.App(odd), Session: kyc.SessionID(odd), Detail: odd,
		})
	}
	entries = append(entries, accesslog.Entry{
		At: noon, Actor: strings.Repeat("a", accesslog.MaxName), Via: accesslog.CLI, Action: "export",
		Session: kyc.SessionID(strings.Repeat("s", accesslog.MaxName)), Detail: strings.Repeat("d", accesslog.MaxDetail),
	})
	err = readsAccess(ctx, stores[0], "", 0, 1)
	err = errors.Join(err, record(ctx, stores[0], entries...))
	return errors.Join(err, readsAccess(ctx, stores[1], "", 0, 100, numbered(entries...)...))
}

func accessPages(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	all := numbered(look("ada", "1"), look("bob", "2"), look("ada", "3"), look("Ada", "4"), look("ada", "5"))
	for _, r := range all {
		err = errors.Join(err, record(ctx, s, r.Entry))
	}
	return errors.Join(err,
		readsAccess(ctx, s, "", 0, 2, all[:2]...),
		readsAccess(ctx, s, "", 2, 2, all[2:4]...),
		readsAccess(ctx, s, "", 4, 2, all[4]),
		readsAccess(ctx, s, "", 5, 2),
		readsAccess(ctx, s, "", 99, 2),
		readsAccess(ctx, s, "ada", 0, 2, all[0], all[2]),
		readsAccess(ctx, s, "ada", 3, 2, all[4]),
		readsAccess(ctx, s, "bob", 0, 9, all[1]),
		readsAccess(ctx, s, "bob", 2, 9),
		readsAccess(ctx, s, "eve", 0, 9),
		readsAccess(ctx, s, "a%", 0, 9),
		readsAccess(ctx, s, "ada\x00", 0, 9),
		readsAccess(ctx, s, "\xff", 0, 9),
	)
}

// accessesAtOnce records from many sides, while a reader follows: it must see
// each number after the one before it, in every page.
func accessesAtOnce(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 4)
	if err != nil {
		return err
	}
	const each = 8
	failures := make([]error, 2*len(stores))
	begin := make(chan struct{})
	var recording sync.WaitGroup
	for i := range failures {
		recording.Go(func() {
			<-begin
			for n := range each {
				failures[i] = errors.Join(failures[i], stores[i%len(stores)].Record(ctx, look("ada", fmt.Sprint(i, " ", n))))
			}
		})
	}
	done := make(chan struct{})
	go func() { recording.Wait(); close(done) }()
	close(begin)
	seen, err := followAccesses(ctx, stores[0], done)
	<-done
	return errors.Join(err, errors.Join(failures...),
		holds(err != nil || len(seen) == each*len(failures), "%d different accesses were read, %d recorded", len(seen), each*len(failures)))
}

// followAccesses reads the access log to the end that it has after done, and
// returns the actions that it saw.
func followAccesses(ctx context.Context, log accesslog.Reader, done <-chan struct{}) (map[string]bool, error) {
	seen, last := map[string]bool{}, int64(0)
	for {
		ended := false
		select {
		case <-done:
			ended = true
		default:
		}
		page, err := log.ReadAccess(ctx, "", last, 3)
		if err != nil || ended && len(page) == 0 {
			return seen, err
		}
		for _, r := range page {
			if r.Number != last+1 {
				return seen, fmt.Errorf("access %d follows access %d", r.Number, last)
			}
			last = r.Number
			seen[r.Action] = true
		}
	}
}

func attackedAccesses(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	entries := []accesslog.Entry{look("ada", "1"), look("bob", "2"), look("ada", "3")}
	if err := record(ctx, s, entries...); err != nil {
		return err
	}
	for _, attack := range env.backend.AccessAttacks {
		err = errors.Join(err, holds(env.db.Exec(ctx, attack) != nil, "not refused: %s", attack))
		err = errors.Join(err, readsAccess(ctx, s, "", 0, 9, numbered(entries...)...))
	}
	entries = append(entries, look("bob", "4"))
	return errors.Join(err, holds(len(env.backend.AccessAttacks) > 0, "no attack is known"),
		record(ctx, s, entries[3]), readsAccess(ctx, s, "", 0, 9, numbered(entries...)...))
}

func unstorableAccesses(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for what, change := range map[string]func(*accesslog.Entry){
		"NUL in the actor":     func(e *accesslog.Entry) { e.Actor = "a\x00" },
		"no actor":             func(e *accesslog.Entry) { e.Actor = "" },
		"a long actor":         func(e *accesslog.Entry) { e.Actor = strings.Repeat("a", accesslog.MaxName+1) },
		"no action":            func(e *accesslog.Entry) { e.Action = "" },
		"invalid action":       func(e *accesslog.Entry) { e.Action = "\xff" },
		"no door":              func(e *accesslog.Entry) { e.Via = "" },
		"an unknown door":      func(e *accesslog.Entry) { e.Via = "API" },
		"NUL in the app":       func(e *accesslog.Entry) { e.App = "\x00" },
		"invalid session id":   func(e *accesslog.Entry) { e.Session = "\xc3" },
		"a long session id":    func(e *accesslog.Entry) { e.Session = kyc.SessionID(strings.Repeat("s", accesslog.MaxName+1)) },
		"NUL in the detail":    func(e *accesslog.Entry) { e.Detail = "a=\x00" },
		"a detail of too much": func(e *accesslog.Entry) { e.Detail = strings.Repeat("d", accesslog.MaxDetail+1) },
	} {
		e := look("ada", "get-session")
		change(&e)
		err = errors.Join(err, fails(what, s.Record(ctx, e), accesslog.ErrUnstorable))
	}
	return errors.Join(err, readsAccess(ctx, s, "", 0, 9))
}

// accessGivenUp gives one up before it begins: it is not said to be recorded.
func accessGivenUp(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	givenUp, giveUp := context.WithCancel(ctx)
	giveUp()
	for range 3 {
		err = errors.Join(err, fails("an access that is given up", s.Record(givenUp, look("ada", "1")), context.Canceled))
	}
	kept := look("ada", "2")
	return errors.Join(err, record(ctx, s, kept), readsAccess(ctx, s, "", 0, 9, numbered(kept)...))
}
