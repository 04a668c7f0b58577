package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func filterCases() []Case {
	return []Case{
		{"a filtered read picks by app and type and tells how far it looked", filters},
		{"a filtered read comes to the head through many events that do not match", sparse},
	}
}

// filters reads with every filter from every position, and compares with the
// log.
func filters(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	apps := []string{"a", "a-b", "a", "b", "a-", "ab", "-a"}
	for i := range 4 * len(apps) {
		events := []kyc.Event{note("x"), kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported}}
		if err := appendAll(ctx, s, request(apps[i%len(apps)], fmt.Sprint("a/", i), events[:1+i%2]...)); err != nil {
			return err
		}
	}
	events, err := history(ctx, s)
	if err != nil {
		return err
	}
	for _, app := range append(apps, "", "c", "A", "a/", "%", "_") {
		for _, name := range []string{"", codec.WebhookDiscardedV1, codec.SessionResetV1, codec.StatusChangedV1, "kyc", "%"} {
			f := eventlog.Filter{App: kyc.App(app), Type: name}
			for after := int64(-1); after <= int64(len(events))+1; after += 9 {
				err = errors.Join(err, filtered(ctx, s, events, f, after))
			}
		}
	}
	_, scanned, failed := s.ReadFiltered(ctx, eventlog.Filter{}, math.MaxInt64, 10)
	return errors.Join(err, failed, same("looked through, from the end of all positions", scanned, int64(math.MaxInt64)))
}

func picks(f eventlog.Filter, e eventlog.Recorded) bool {
	return (f.App == "" || e.Stream.App == f.App) && (f.Type == "" || e.Type == f.Type)
}

// filtered checks pages of several sizes: what was looked through is all that
// there was to pick up to where the read says that it looked.
func filtered(ctx context.Context, log eventlog.Reader, events []eventlog.Recorded, f eventlog.Filter, after int64) error {
	var errs []error
	for _, limit := range []int{0, 1, 3, 100} {
		got, scanned, err := log.ReadFiltered(ctx, f, after, limit)
		what := fmt.Sprintf("%d by %+v after %d", limit, f, after)
		var wanted []eventlog.Recorded
		for _, e := range events {
			if e.Position > after && e.Position <= scanned && picks(f, e) {
				wanted = append(wanted, e)
			}
		}
		moved := scanned > after || limit == 0 || after >= int64(len(events))
		errs = append(errs, err, same(what, got, wanted), holds(len(got) <= limit, "%s: got %d", what, len(got)),
			holds(moved && scanned <= max(after, int64(len(events))), "%s: looked through to %d of %d", what, scanned, len(events)))
	}
	return errors.Join(errs...)
}

// manyEvents are more than a filtered read looks through at once, and more than
// a store would keep in memory.
const manyEvents = 21_000

func sparse(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	// In several appends: one of so many events may take longer than a store
	// waits for its database.
	requests := []eventlog.Request{write("rare", "s", "first")}
	for range manyEvents / 1000 {
		requests = append(requests, write("common", "s", make([]string, 1000)...))
	}
	if err := appendAll(ctx, stores[0], append(requests, write("rare", "s", "last"))...); err != nil {
		return err
	}
	var found []eventlog.Recorded
	for after := int64(0); after < manyEvents+2; {
		events, scanned, err := stores[0].ReadFiltered(ctx, eventlog.Filter{App: "rare"}, after, 10)
		if err != nil || scanned <= after {
			return errors.Join(err, fmt.Errorf("a read after %d looked through to %d, before the head", after, scanned))
		}
		found, after = append(found, events...), scanned
	}
	return errors.Join(same("found", texts(found), []string{"first", "last"}), readAlike(ctx, stores[0], stores[1]))
}

// readAlike checks that the store that wrote the log and another one read the
// same at its ends, and wherever one may have a part of it in memory.
func readAlike(ctx context.Context, writer, other Store) (err error) {
	for after := int64(0); after < manyEvents+4; after += 501 {
		one, failed := writer.ReadAll(ctx, after, 3)
		two, failedToo := other.ReadAll(ctx, after, 3)
		err = errors.Join(err, failed, failedToo, same(fmt.Sprint("read after ", after), one, two))
	}
	return err
}
