package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

func idCases() []Case {
	return []Case{
		{"ids with quotes, SQL signs and unicode are kept apart", oddIDs},
		{"the longest ids are stored", longestIDs},
		{"a session id with slashes is one session", slashes},
	}
}

// oddIDSet returns ids that a careless store would take for one another, or for
// something else.
func oddIDSet() []string {
	return append(oddTexts(),
		"a", "A", "a ", " a", "aa", "a/", "a//", "/a", "a%", "%", "_", "a_", `\`, `a\`, `\%`, "*", "?", "''", `""`, "$1", "--", "/**/",
		"a/b", "a-b", "é", "e", "É", "ß", "ss", "ı", "I", "İ", "Ⅷ", "ﬁ", "fi", "01", "1", "1.0", "+1")
}

// oddIDs gives each id to a session, a step and a delivery.
func oddIDs(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	ids := oddIDSet()
	firsts := make([]eventlog.Receipt, len(ids))
	for i, id := range ids {
		report := submission()
		report.StepID = kyc.StepID(id)
		first, err := s.Append(ctx, delivered(id, id, receive("default", id, report)))
		if err != nil {
			return fmt.Errorf("append to %q: %w", id, err)
		}
		if err := same(fmt.Sprintf("receipt of %q", id), first, eventlog.Receipt{Position: int64(i + 1), Version: 1, Last: int64(i + 1)}); err != nil {
			return err
		}
		firsts[i] = first
	}
	if err := project(ctx, s, projection.NewSessions(kyc.RuleBook{}), int64(len(ids)), 10); err != nil {
		return err
	}
	for i, id := range ids {
		err = errors.Join(err, isDuplicate(ctx, s, delivered(id, id, write("default", id)), firsts[i]), standsAlone(ctx, s, id, firsts[i]))
	}
	_, unsound := history(ctx, s)
	return errors.Join(err, unsound)
}

// standsAlone checks that a session has just the one event that was written to
// it, in the log and in the read model.
func standsAlone(ctx context.Context, s Store, id string, first eventlog.Receipt) error {
	events, err := s.ReadStream(ctx, stream("default", id), 0, 10)
	if err != nil {
		return err
	}
	row, found, err := s.FindSession(ctx, stream("default", id))
	return errors.Join(err,
		holds(len(events) == 1 && events[0].Position == first.Position, "the stream of %q has %d events", id, len(events)),
		holds(found, "there is no row of %q", id),
		same(fmt.Sprintf("stream of the row of %q", id), row.Stream, stream("default", id)),
		same(fmt.Sprintf("position of the row of %q", id), row.State.Position, first.Position),
		holds(len(row.State.Steps) == 1 && string(row.State.Steps[0].StepID) == id, "the steps of %q are %+v", id, row.State.Steps))
}

// longestIDs are of bytes that no index compresses away.
func longestIDs(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	session, delivery := incompressible(eventlog.MaxSessionID, 1), incompressible(eventlog.MaxDeliveryID, 2)
	report := submission()
	report.StepID = kyc.StepID(incompressible(256, 3))
	app := strings.Repeat("z", 40)
	first, err := s.Append(ctx, delivered(delivery, "bytes", receive(app, session, report)))
	if err != nil {
		return err
	}
	err = errors.Join(isDuplicate(ctx, s, delivered(delivery, "bytes", write(app, session)), first),
		project(ctx, s, projection.NewSessions(kyc.RuleBook{}), 1, 10))
	_, found, notFound := s.FindSession(ctx, stream(app, session))
	return errors.Join(err, notFound, holds(found, "the session with the longest id has no row"))
}

func slashes(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	err = appendAll(ctx, s, write("a", "b/c", "1"), write("a", "b", "2"), write("a", "/", "3"), write("a", "b/c/", "4"))
	if err != nil {
		return err
	}
	for session, wanted := range map[string]string{"b/c": "1", "b": "2", "/": "3", "b/c/": "4"} {
		events, failed := s.ReadStream(ctx, stream("a", session), 0, 10)
		err = errors.Join(err, failed, same("stream a and "+session, texts(events), []string{wanted}))
	}
	none, failed := s.ReadStream(ctx, stream("a/b", "c"), 0, 10)
	return errors.Join(err, failed, holds(len(none) == 0, "the app a/b, which can't be, has a stream"))
}
