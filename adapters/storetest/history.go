package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
)

// history reads the whole log, in pages, and checks what the log promises of
// every event.
func history(ctx context.Context, log eventlog.Reader) ([]eventlog.Recorded, error) {
	follower := tail{log: log}
	if err := follower.catchUp(ctx); err != nil {
		return nil, err
	}
	head, err := log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	if err := same("the head, and the position of the last event", head, int64(len(follower.seen))); err != nil {
		return nil, err
	}
	return follower.seen, errors.Join(sound(follower.seen), readTwice(ctx, log, follower.seen))
}

// readTwice checks that a filter that picks everything reads the same: a store
// may answer one from memory and the other from its database.
func readTwice(ctx context.Context, log eventlog.Reader, events []eventlog.Recorded) error {
	again, _, err := log.ReadFiltered(ctx, eventlog.Filter{}, 0, len(events)+1)
	return errors.Join(err, same("the log, read in another way", again, events))
}

// sound checks events that are the whole log up to some position.
func sound(events []eventlog.Recorded) error {
	versions := map[eventlog.Stream]int64{}
	ids := map[string]bool{}
	var last time.Time
	var errs []error
	for i, e := range events {
		versions[e.Stream]++
		at := fmt.Sprintf("event %d", i+1)
		errs = append(errs,
			holds(e.Position == int64(i+1), "%s has position %d", at, e.Position),
			holds(e.Version == versions[e.Stream], "%s has version %d, wanted %d", at, e.Version, versions[e.Stream]),
			holds(!ids[e.EventID], "%s has the id of another", at),
			holds(!e.RecordedAt.Before(last), "%s is from %v, before the one before it from %v", at, e.RecordedAt, last),
			holds(e.RecordedAt.Location() == time.UTC, "%s has a time in %v", at, e.RecordedAt.Location()),
			checkID(at, e.EventID), checkData(at, e),
		)
		ids[e.EventID], last = true, e.RecordedAt
	}
	return errors.Join(errs...)
}

func checkID(at, id string) error {
	parsed, err := uuid.Parse(id)
	return holds(err == nil && parsed.Version() == 7 && parsed.String() == id, "%s has an id that is no UUIDv7: %q", at, id)
}

// checkData checks that the stored text is that of the event, byte by byte.
func checkData(at string, e eventlog.Recorded) error {
	name, data, err := codec.Encode(e.Event)
	return errors.Join(err,
		holds(e.Type == name, "%s has the type %q, wanted %q", at, e.Type, name),
		holds(e.Data == string(data), "%s has the data %q, wanted %q", at, e.Data, data))
}

// texts returns what the notes among the events say, in order.
func texts(events []eventlog.Recorded) []string {
	said := make([]string, 0, len(events))
	for _, e := range events {
		said = append(said, text(e))
	}
	return said
}

// says reads the whole log and checks that its events are notes with those
// texts.
func says(ctx context.Context, log eventlog.Reader, wanted ...string) error {
	events, err := history(ctx, log)
	return errors.Join(err, same("the log", texts(events), wanted))
}

// tail reads the log as a subscriber does: always after what it has seen.
type tail struct {
	log  eventlog.Reader
	seen []eventlog.Recorded
}

// tailPage is small, so that pages end inside of transactions.
const tailPage = 7

// catchUp reads until there is no more for now.
func (t *tail) catchUp(ctx context.Context) error {
	for {
		var after int64
		if len(t.seen) > 0 {
			after = t.seen[len(t.seen)-1].Position
		}
		page, err := t.log.ReadAll(ctx, after, tailPage)
		if err != nil {
			return fmt.Errorf("read after %d: %w", after, err)
		}
		if len(page) == 0 {
			return nil
		}
		if len(page) > tailPage {
			return fmt.Errorf("read %d events, wanted at most %d", len(page), tailPage)
		}
		t.seen = append(t.seen, page...)
	}
}
