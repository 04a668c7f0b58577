package sqlstore_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"dossier/adapters/codec"
	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// live writes lives of sessions that change their steps, and projects them in
// pages that end inside of them.
func live(t *testing.T, s *sqlstore.Store) []eventlog.Recorded {
	t.Helper()
	receive := command.NewReceiveWebhook(s, kyc.NewMachine(), kyc.RuleBook{})
	triggers := kyc.Triggers()
	for i := range 150 {
		report := kyc.Report{StepID: kyc.StepID(fmt.Sprint(i % 4)), Service: "LIVENESS", Trigger: triggers[i*7%len(triggers)], Reason: "it's \"odd\""}
		if i%5 == 0 {
			report.StepID, report.Service = "", ""
		}
		delivery := &eventlog.Delivery{ID: fmt.Sprint("evt_", i)}
		if _, err := receive.Handle(t.Context(), command.Webhook{
			App: "default", Session: kyc.SessionID(fmt.Sprint("s", i%11)), Report: report, Delivery: delivery,
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []projection.Projection{projection.NewSessions(kyc.RuleBook{}), projection.Flags{}, projection.NewStats()} {
		project(t, s, p)
	}
	events, err := s.ReadAll(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func project(t *testing.T, s *sqlstore.Store, p projection.Projection) {
	t.Helper()
	if err := s.Prepare(t.Context(), p.Name(), p.Version()); err != nil {
		t.Fatal(err)
	}
	for from := int64(0); ; {
		events, err := s.ReadAll(t.Context(), from, 13)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return
		}
		step := projection.Step{Name: p.Name(), Version: p.Version(), From: from, To: events[len(events)-1].Position}
		moved, err := s.Step(t.Context(), step, func(ctx context.Context, tx projection.Tx) error { return p.Fold(ctx, tx, events) })
		if err != nil || !moved {
			t.Fatalf("step %+v: %t, %v", step, moved, err)
		}
		from = step.To
	}
}

func fold(events []eventlog.Recorded) map[eventlog.Stream]*kyc.Session {
	sessions := map[eventlog.Stream]*kyc.Session{}
	for _, e := range events {
		if sessions[e.Stream] == nil {
			sessions[e.Stream] = kyc.NewSession()
		}
		sessions[e.Stream].Apply(e.Event, e.Mark())
	}
	return sessions
}

func TestHeadsAreTheFoldOfTheLog(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		sessions := fold(live(t, b.run(t, quiet())))
		for stream, session := range sessions {
			var version int64
			var stored string
			err := b.raw.QueryRowContext(t.Context(), `SELECT version, state FROM heads WHERE stream = $1`, stream.Key()).Scan(&version, &stored)
			if err != nil {
				t.Fatal(err)
			}
			state, err := codec.DecodeState(stored)
			if err != nil || version != session.Version() || stored != string(codec.EncodeState(session.State())) {
				t.Errorf("the head of %s is %d with %+v, want %d with %+v, %v", stream.Key(), version, state, session.Version(), session.State(), err)
			}
		}
		if n := b.count(t, `SELECT count(*) FROM heads`); n != int64(len(sessions)) {
			t.Errorf("%d heads for %d sessions", n, len(sessions))
		}
	})
}

func TestStepsAreTheFoldOfTheLog(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		want := 0
		for stream, session := range fold(live(t, b.run(t, quiet()))) {
			for _, track := range session.State().Steps {
				want++
				var got kyc.Track
				var id, service, status string
				var updated int64
				err := b.raw.QueryRowContext(t.Context(), `SELECT step_id, service, status, reason, submissions, updated_at FROM steps
					WHERE app = $1 AND session_id = $2 AND step_id = $3`, string(stream.App), string(stream.Session), string(track.StepID)).
					Scan(&id, &service, &status, &got.Reason, &got.Submissions, &updated)
				if err != nil {
					t.Fatal(err)
				}
				got.StepID, got.Service, got.UpdatedAt = kyc.StepID(id), kyc.Service(service), codec.TimeOf(updated)
				got.Status, _ = kyc.ParseStatus(status)
				got.SettledAt = track.SettledAt // which no row has
				if !reflect.DeepEqual(got, track) {
					t.Errorf("the row is %+v, want %+v", got, track)
				}
			}
		}
		if n := b.count(t, `SELECT count(*) FROM steps`); n != int64(want) || want == 0 {
			t.Errorf("%d rows for %d steps", n, want)
		}
	})
}

// Each delivery must name the events that it brought, and no other must be
// there.
func TestDeliveriesNameTheirEvents(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		events := live(t, b.run(t, quiet()))
		if n := b.count(t, `SELECT count(*) FROM deliveries`); n != 150 {
			t.Errorf("%d deliveries, want 150", n)
		}
		wrong := b.count(t, `SELECT count(*) FROM deliveries AS d LEFT JOIN events AS e
			ON e.position = d.position AND e.version = d.version AND e.recorded_at = d.recorded_at WHERE e.position IS NULL`)
		if wrong != 0 {
			t.Errorf("%d deliveries do not name their event", wrong)
		}
		if n := b.count(t, `SELECT sum(last_position - position + 1) FROM deliveries`); n != int64(len(events)) {
			t.Errorf("the deliveries brought %d events of %d", n, len(events))
		}
	})
}
