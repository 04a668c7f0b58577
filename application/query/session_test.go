package query_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func TestASessionComesFromTheReadModel(t *testing.T) {
	f := &fake{sessions: []projection.Session{{Stream: stream(), Status: kyc.OverallApproved}}}
	f.advance(projection.SessionsName, 7)
	answer, err := f.reads().Session(t.Context(), stream(), query.Fresh{})
	if err != nil || answer.Position != 7 || answer.Session.Status != kyc.OverallApproved {
		t.Errorf("%+v, %v", answer, err)
	}
	answer, err = f.reads().Session(t.Context(), eventlog.Stream{App: "other", Session: "s"}, query.Fresh{})
	if !errors.Is(err, query.ErrNoSuchSession) || answer.Position != 7 {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestReplayEndsAtAVersion(t *testing.T) {
	f := &fake{}
	f.record(3)
	for version, want := range map[int64]error{
		math.MinInt64: query.ErrNoSuchVersion, -1: query.ErrNoSuchVersion, 0: query.ErrNoSuchVersion,
		1: nil, 2: nil, 3: nil, 4: query.ErrNoSuchVersion, math.MaxInt64: query.ErrNoSuchVersion,
	} {
		answer, err := f.reads().SessionAtVersion(t.Context(), stream(), version, query.Fresh{})
		if !errors.Is(err, want) || answer.Position != 3 {
			t.Errorf("version %d: %+v, %v", version, answer, err)
		}
		if err == nil && (answer.Session.State.Version != version || answer.Session.State.Steps[0].Submissions != int(version)) {
			t.Errorf("version %d: %+v", version, answer.Session)
		}
	}
}

func TestReplayEndsAtATimeInclusive(t *testing.T) {
	f := &fake{}
	f.record(3)
	for at, want := range map[time.Duration]int64{
		-time.Hour: 0, -1: 0, 0: 1, 1: 1, time.Second - 1: 1, time.Second: 2, 2 * time.Second: 3, time.Hour: 3,
	} {
		answer, err := f.reads().SessionAsOf(t.Context(), stream(), dawn().Add(at), query.Fresh{})
		if (want == 0) != errors.Is(err, query.ErrNoSuchVersion) || want > 0 && err != nil {
			t.Errorf("%v after dawn: %v", at, err)
		}
		if answer.Session.State.Version != want || answer.Position != 3 {
			t.Errorf("%v after dawn: version %d at position %d", at, answer.Session.State.Version, answer.Position)
		}
	}
}

// The second event is of a clock that was a day ahead, the third of the right one:
// when that was recorded the second was there.
func TestAClockThatWasAheadHidesNoPast(t *testing.T) {
	f := &fake{}
	f.record(3)
	ahead := dawn().Add(24 * time.Hour)
	f.events[1].RecordedAt, f.events[2].RecordedAt = ahead, ahead
	f.events[2].Metadata = fmt.Sprintf(`{"clock":%d}`, dawn().Add(2*time.Second).UnixMicro())
	for at, want := range map[time.Duration]int64{0: 1, time.Second: 1, 2 * time.Second: 3, time.Hour: 3, 48 * time.Hour: 3} {
		answer, err := f.reads().SessionAsOf(t.Context(), stream(), dawn().Add(at), query.Fresh{})
		if err != nil || answer.Session.State.Version != want {
			t.Errorf("%v after dawn: version %d, %v, want %d", at, answer.Session.State.Version, err, want)
		}
	}
}

func TestReplayWithoutAnEndNeedsNoReadModel(t *testing.T) {
	f := &fake{}
	f.record(3)
	answer, err := f.reads().SessionReplayed(t.Context(), stream())
	if err != nil || answer.Session.State.Version != 3 || answer.Position != 3 {
		t.Errorf("%+v, %v", answer, err)
	}
	other := eventlog.Stream{App: "default", Session: "other"}
	if answer, err := f.reads().SessionReplayed(t.Context(), other); !errors.Is(err, query.ErrNoSuchSession) || answer.Position != 3 {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestReplayOfAnUnknownSessionFindsNone(t *testing.T) {
	f := &fake{}
	f.record(2)
	other := eventlog.Stream{App: "default", Session: "other"}
	if answer, err := f.reads().SessionAtVersion(t.Context(), other, 1, query.Fresh{}); !errors.Is(err, query.ErrNoSuchSession) || answer.Position != 2 {
		t.Errorf("%+v, %v", answer, err)
	}
	if answer, err := f.reads().SessionAsOf(t.Context(), other, dawn(), query.Fresh{}); !errors.Is(err, query.ErrNoSuchSession) || answer.Position != 2 {
		t.Errorf("%+v, %v", answer, err)
	}
}

// The page of a replay holds 1,000 events.
func TestReplayGoesOnOverPages(t *testing.T) {
	for n, pages := range map[int]int{999: 1, 1000: 2, 1001: 2, 2000: 3, 2500: 3} {
		f := &fake{}
		f.record(n)
		answer, err := f.reads().SessionAsOf(t.Context(), stream(), dawn().Add(time.Hour), query.Fresh{})
		if err != nil || answer.Session.State.Version != int64(n) || answer.Session.State.Steps[0].Submissions != n {
			t.Errorf("%d events: version %d, %v", n, answer.Session.State.Version, err)
		}
		if f.pages != pages {
			t.Errorf("%d events were read in %d pages", n, f.pages)
		}
	}
}

func TestReplayStopsReadingWhereThePastEnds(t *testing.T) {
	for version, pages := range map[int64]int{1: 1, 999: 1, 1000: 2, 1001: 2} {
		f := &fake{}
		f.record(5000)
		answer, err := f.reads().SessionAtVersion(t.Context(), stream(), version, query.Fresh{})
		if err != nil || answer.Session.State.Version != version || f.pages != pages {
			t.Errorf("version %d: %d pages, version %d, %v", version, f.pages, answer.Session.State.Version, err)
		}
	}
}

func TestReplayAndReadModelDeriveAlike(t *testing.T) {
	f := &fake{}
	f.record(2)
	rules := kyc.Rules{Pinned: kyc.KindCorporate}
	reads := query.New(query.Sources{
		Models: f, Log: f, Grown: &f.grown, Advanced: &f.advanced,
		Rules: kyc.RuleBook{Apps: map[kyc.App]kyc.Rules{"default": rules}},
	})
	answer, err := reads.SessionAtVersion(t.Context(), stream(), 2, query.Fresh{})
	want := projection.NewSession(stream(), kyc.RestoreSession(answer.Session.State), rules)
	if err != nil || answer.Session.Kind != kyc.KindCorporate || fmt.Sprint(answer.Session) != fmt.Sprint(want) {
		t.Errorf("%+v, %v", answer, err)
	}
}
