package sqlstore_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/replay"
	"dossier/domain/kyc"
)

// rowsOf are the rows of those recorded events that belong to an app.
func rowsOf(events []eventlog.Recorded, app kyc.App) (rows []replay.Row) {
	for _, e := range events {
		if app == "" || e.Stream.App == app {
			rows = append(rows, replay.Row{
				Position: e.Position, Stream: e.Stream.Key(), Version: e.Version, Type: e.Type, Data: e.Data, RecordedAt: e.RecordedAt,
			})
		}
	}
	return rows
}

func TestRowsAreTheEventsOfARange(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		for i := range 12 {
			r := request(fmt.Sprint("session-", i%3), fmt.Sprintf("\"%d\" é", i))
			r.Stream.App = []kyc.App{"default", "def", "other"}[i%3]
			if _, err := s.Append(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.ReadAll(t.Context(), 0, 100)
		if err != nil || len(all) != 12 {
			t.Fatalf("%d events, %v", len(all), err)
		}
		for _, c := range []struct {
			app            kyc.App
			after, through int64
		}{{"", 0, 12}, {"", 3, 7}, {"", 11, 12}, {"", 5, 5}, {"", 12, 40}, {"def", 0, 12}, {"default", 2, 11}, {"nobody", 0, 12}, {"d%", 0, 12}, {"no\x00app", 0, 12}} {
			rows, err := s.ReadRows(t.Context(), c.app, c.after, c.through)
			want := rowsOf(all[c.after:min(c.through, 12)], c.app)
			if diff := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", rows)); err != nil || diff != "" {
				t.Errorf("%+v: %v\n%s", c, err, diff)
			}
		}
		totals, err := replay.Fold{Log: s, Decode: codec.Decode}.Run(t.Context(), 1, 12)
		if err != nil || totals.Events != 12 || totals.Sessions != 3 {
			t.Errorf("totals %+v, %v", totals, err)
		}
	})
}
