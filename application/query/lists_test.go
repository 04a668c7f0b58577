package query_test

import (
	"errors"
	"math"
	"testing"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// withRows returns a store of n sessions and n flags, at the positions n to 1.
func withRows(n int) *fake {
	f := &fake{}
	for at := int64(n); at > 0; at-- {
		f.sessions = append(f.sessions, projection.Session{State: kyc.State{Position: at}})
		f.flags = append(f.flags, projection.Flag{Position: at})
	}
	f.advance(projection.SessionsName, int64(n))
	f.advance(projection.FlagsName, int64(n))
	return f
}

func TestMoreIsTheBoundOfTheNextPage(t *testing.T) {
	for _, c := range []struct {
		rows, limit, shown int
		more               int64
	}{
		{0, 3, 0, 0}, {1, 3, 1, 0}, {3, 3, 3, 0}, {4, 3, 3, 2}, {9, 3, 3, 7}, {2, 1, 1, 2},
	} {
		r := withRows(c.rows).reads()
		sessions, err := r.Sessions(t.Context(), query.SessionFilter{}, 0, c.limit, query.Fresh{})
		if err != nil || len(sessions.Sessions) != c.shown || sessions.More != c.more || sessions.Position != int64(c.rows) {
			t.Errorf("%+v: %d sessions, more %d, %v", c, len(sessions.Sessions), sessions.More, err)
		}
		flags, err := r.Flags(t.Context(), query.FlagFilter{}, 0, c.limit, query.Fresh{})
		if err != nil || len(flags.Flags) != c.shown || flags.More != c.more || flags.Position != int64(c.rows) {
			t.Errorf("%+v: %d flags, more %d, %v", c, len(flags.Flags), flags.More, err)
		}
	}
}

func TestNoBoundExcludesNothing(t *testing.T) {
	f := withRows(1)
	for below, want := range map[int64]int64{0: math.MaxInt64, 1: 1, 12: 12} {
		if _, err := f.reads().Sessions(t.Context(), query.SessionFilter{}, below, 1, query.Fresh{}); err != nil || f.below != want {
			t.Errorf("sessions below %d were asked for below %d, %v", below, f.below, err)
		}
		if _, err := f.reads().Flags(t.Context(), query.FlagFilter{}, below, 1, query.Fresh{}); err != nil || f.below != want {
			t.Errorf("flags below %d were asked for below %d, %v", below, f.below, err)
		}
	}
}

func TestATimelineGoesOnFromItsLastVersion(t *testing.T) {
	f := &fake{}
	f.record(5)
	for after, want := range map[int64]struct {
		events int
		next   int64
	}{0: {2, 2}, 2: {2, 4}, 4: {1, 5}, 5: {0, 5}, 9: {0, 9}} {
		list, err := f.reads().Timeline(t.Context(), stream(), after, 2, query.Fresh{})
		if err != nil || len(list.Events) != want.events || list.Next != want.next || list.Position != 5 {
			t.Errorf("after %d: %d events, next %d, position %d, %v", after, len(list.Events), list.Next, list.Position, err)
		}
	}
	list, err := f.reads().Timeline(t.Context(), eventlog.Stream{App: "other", Session: "s"}, 0, 2, query.Fresh{})
	if !errors.Is(err, query.ErrNoSuchSession) || list.Position != 5 {
		t.Errorf("an unknown session: %+v, %v", list, err)
	}
}

func TestTheLogGoesOnFromWhereItWasScanned(t *testing.T) {
	f := &fake{}
	f.record(5)
	list, err := f.reads().Events(t.Context(), eventlog.Filter{}, eventlog.Place{Position: 2}, 2, query.Fresh{})
	if err != nil || len(list.Events) != 2 || list.Next != 4 || list.Position != 5 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestProjectionsAreNeverAheadOfTheHead(t *testing.T) {
	f := withRows(0)
	f.record(5)
	f.advance(projection.SessionsName, 3)
	f.advance(projection.FlagsName, 5)
	names := []string{projection.SessionsName, projection.FlagsName}
	all, err := f.reads().Projections(t.Context(), names)
	if err != nil || len(all) != 2 || all[0].Lag() != 2 || all[1].Lag() != 0 || all[0].Head != 5 {
		t.Errorf("%+v, %v", all, err)
	}
	if lag := (query.Progress{Checkpoint: 9, Head: 5}).Lag(); lag != 0 {
		t.Errorf("a lag of %d", lag)
	}
	if least, err := f.reads().AwaitProjections(t.Context(), names, query.Fresh{}); least != 3 || err != nil {
		t.Errorf("all are at %d, %v", least, err)
	}
	f.fault = errAway
	if _, err := f.reads().Projections(t.Context(), names); !errors.Is(err, errAway) {
		t.Errorf("error %v", err)
	}
}
