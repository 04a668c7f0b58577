package query_test

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func TestAStoryIsOneWithTheReplays(t *testing.T) {
	f := &fake{}
	f.record(3)
	for version := int64(1); version <= 3; version++ {
		answer, err := f.reads().SessionAtVersion(t.Context(), stream(), version, query.Fresh{})
		if err != nil {
			t.Fatal(err)
		}
		at := answer.Session.State.UpdatedAt
		for name, until := range map[string]query.Until{"version": query.UntilVersion(version), "time": query.UntilTime(at)} {
			story, err := f.reads().Story(t.Context(), stream(), until)
			if err != nil || !reflect.DeepEqual(story.Session, answer.Session) || story.Position != 3 || len(story.Scenes) != int(version) {
				t.Errorf("%s %d: %+v, %v", name, version, story, err)
			}
		}
	}
}

func TestEachSceneBeginsWhereTheOneBeforeEnded(t *testing.T) {
	f := &fake{}
	f.record(1500) // more than a page
	story, err := f.reads().Story(t.Context(), stream(), query.Until{})
	if err != nil || len(story.Scenes) != 1500 {
		t.Fatalf("%d scenes, %v", len(story.Scenes), err)
	}
	first := story.Scenes[0].Before
	if first.Status != kyc.OverallSubmissionRequired || first.Kind != kyc.KindUnknown || first.Cycle != 1 || first.Track.Status != kyc.SubmissionRequired {
		t.Errorf("it begins with %+v", first)
	}
	for i, scene := range story.Scenes[1:] {
		if !reflect.DeepEqual(scene.Before, story.Scenes[i].After) {
			t.Fatalf("version %d: %+v, before it %+v", scene.Event.Version, scene.Before, story.Scenes[i].After)
		}
	}
	if last := story.Scenes[1499].After; last.Track.Submissions != 1500 || last.Status != story.Session.Status {
		t.Errorf("it ends with %+v", last)
	}
}

// The track of a scene is that of its event, whichever kind it is of.
func TestASceneIsAboutItsOwnTrack(t *testing.T) {
	f := &fake{}
	flag := int64(2)
	for i, event := range []kyc.Event{
		kyc.StatusChanged{StepID: "1", To: kyc.Approved},
		kyc.TransitionFlagged{StepID: "2", Violation: kyc.Premature, Severity: kyc.SeverityMedium},
		kyc.StatusRepeated{StepID: "3"}, kyc.WebhookDiscarded{StepID: "4"}, kyc.ContractViolated{StepID: "1"},
		kyc.FlagResolved{StepID: "2", Flag: flag, Resolution: kyc.ResolvedDismiss, By: "Ada", Note: "no"},
		kyc.SessionReset{Cycle: 2}, kyc.DetailsAccessed{StepID: "1", By: "Ada", Purpose: "a dispute"},
		kyc.SnapshotObserved{Status: "APPROVED", Steps: []kyc.ObservedStep{{StepID: "5", Status: "APPROVED"}}},
	} {
		f.events = append(f.events, eventlog.Recorded{
			Position: int64(i) + 1, Version: int64(i) + 1, Stream: stream(), RecordedAt: dawn().Add(time.Duration(i)), Event: event,
		})
	}
	story, err := f.reads().Story(t.Context(), stream(), query.Until{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []kyc.StepID{"1", "2", "3", "4", "1", "2", "", "1", ""} {
		if s := story.Scenes[i]; s.Before.Track.StepID != want || s.After.Track.StepID != want {
			t.Errorf("scene %d is about %q and %q, want %q", i, s.Before.Track.StepID, s.After.Track.StepID, want)
		}
	}
	if a, b := story.Scenes[1].After.OpenFlags, story.Scenes[5].After.OpenFlags; a != 1 || b != 1 { // that of the contract
		t.Errorf("open flags %d and %d", a, b)
	}
	if len(story.Flags) != 2 || story.Flags[0].ResolvedBy != "Ada" || !story.Flags[1].ResolvedAt.IsZero() {
		t.Errorf("flags %+v", story.Flags)
	}
}

func TestAStoryThatCannotBeToldIsNoneAtAll(t *testing.T) {
	f := &fake{}
	f.record(2)
	other := eventlog.Stream{App: "default", Session: "other"}
	for name, c := range map[string]struct {
		stream eventlog.Stream
		until  query.Until
		want   error
	}{
		"an unknown session":         {other, query.Until{}, query.ErrNoSuchSession},
		"its version":                {other, query.UntilVersion(1), query.ErrNoSuchSession},
		"a version too many":         {stream(), query.UntilVersion(3), query.ErrNoSuchVersion},
		"no version":                 {stream(), query.UntilVersion(0), query.ErrNoSuchVersion},
		"less than none":             {stream(), query.UntilVersion(math.MinInt64), query.ErrNoSuchVersion},
		"a time before its first":    {stream(), query.UntilTime(dawn().Add(-1)), query.ErrNoSuchVersion},
		"the time that is no time":   {stream(), query.UntilTime(time.Time{}), query.ErrNoSuchVersion},
		"a database that went away ": {stream(), query.Until{}, errAway},
	} {
		f.fault = nil
		if c.want == errAway {
			f.fault = errAway
		}
		if story, err := f.reads().Story(t.Context(), c.stream, c.until); !errors.Is(err, c.want) || len(story.Scenes) > 0 {
			t.Errorf("%s: %d scenes, %v", name, len(story.Scenes), err)
		}
	}
}
