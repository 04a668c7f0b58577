package projection_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// dawn is when the first event is recorded, shortly before a new hour.
func dawn() time.Time { return time.Date(2026, 3, 1, 5, 58, 0, 0, time.UTC) }

// history is a log that is made by decisions, as the service makes them.
type history struct {
	sessions map[eventlog.Stream]*kyc.Session
	log      []eventlog.Recorded
	now      time.Time
}

func newHistory() *history {
	return &history{sessions: map[eventlog.Stream]*kyc.Session{}, now: dawn()}
}

func streamOf(session string) eventlog.Stream {
	return eventlog.Stream{App: "default", Session: kyc.SessionID(session)}
}

func (h *history) session(s eventlog.Stream) *kyc.Session {
	if h.sessions[s] == nil {
		h.sessions[s] = kyc.NewSession()
	}
	return h.sessions[s]
}

func (h *history) record(stream eventlog.Stream, events ...kyc.Event) {
	session := h.session(stream)
	for _, event := range events {
		e := eventlog.Recorded{
			Position: int64(len(h.log)) + 1, Stream: stream, Version: session.Version() + 1, RecordedAt: h.now, Event: event,
		}
		session.Apply(event, e.Mark())
		h.log = append(h.log, e)
	}
}

func (h *history) receive(stream eventlog.Stream, r kyc.Report) {
	decider := kyc.Decider{Machine: kyc.NewMachine(), Rules: kyc.Rules{HealWindow: kyc.DefaultHealWindow}}
	h.record(stream, decider.Receive(h.session(stream), r, h.now).Events...)
}

// rule accepts or dismisses the oldest open flag of a session, if it has one.
func (h *history) rule(stream eventlog.Stream, accept bool) {
	flags := h.session(stream).State().Flags
	if len(flags) == 0 {
		return
	}
	decider := kyc.Decider{Machine: kyc.NewMachine()}
	events, err := decider.Resolve(h.session(stream), kyc.Ruling{Flag: flags[0].Position, Accept: accept, By: "ada", Note: "x"})
	if err != nil {
		panic(err)
	}
	h.record(stream, events...)
}

// reconcile records what the provider's API shows of a session.
func (h *history) reconcile(stream eventlog.Stream, snapshot kyc.Snapshot) {
	h.record(stream, kyc.Decider{Machine: kyc.NewMachine()}.Reconcile(h.session(stream), snapshot)...)
}

// snapshots draws what a provider may show.
func snapshots() *rapid.Generator[kyc.Snapshot] {
	return rapid.Custom(func(t *rapid.T) (s kyc.Snapshot) {
		if s.Unknown = rapid.IntRange(0, 5).Draw(t, "unknown") == 0; s.Unknown {
			return s
		}
		status := func() string {
			return rapid.SampledFrom(append(kyc.Statuses(), kyc.Status{})).Draw(t, "status").String()
		}
		s.Company, s.Status = rapid.IntRange(0, 5).Draw(t, "company") == 0, status()
		for _, id := range []kyc.StepID{"1", "2", "3", ""} {
			if rapid.Bool().Draw(t, "shown") {
				s.Steps = append(s.Steps, kyc.ObservedStep{StepID: id, Service: "LIVENESS", Status: status()})
			}
		}
		return s
	})
}

// someHistory draws whole lives of a few sessions of two apps.
func someHistory() *rapid.Generator[[]eventlog.Recorded] {
	return rapid.Custom(func(t *rapid.T) []eventlog.Recorded {
		h := newHistory()
		triggers := append(kyc.Triggers(), kyc.Trigger{}, kyc.ReportPendingVerification, kyc.ReportApproved)
		for range rapid.IntRange(1, 60).Draw(t, "reports") {
			h.now = h.now.Add(time.Duration(rapid.SampledFrom([]int64{0, 1, 20e3, 3e6, 90e6, 5000e6}).Draw(t, "gap")) * time.Microsecond)
			stream := eventlog.Stream{
				App:     rapid.SampledFrom([]kyc.App{"a", "b"}).Draw(t, "app"),
				Session: rapid.SampledFrom([]kyc.SessionID{"1", "2"}).Draw(t, "session"),
			}
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 0:
				h.rule(stream, rapid.Bool().Draw(t, "accept"))
				continue
			case 1:
				h.reconcile(stream, snapshots().Draw(t, "snapshot"))
				continue
			}
			h.receive(stream, kyc.Report{
				StepID:  rapid.SampledFrom([]kyc.StepID{"", "1", "2"}).Draw(t, "step"),
				Service: rapid.SampledFrom([]kyc.Service{"", "AML", "LIVENESS"}).Draw(t, "service"),
				Trigger: rapid.SampledFrom(triggers).Draw(t, "trigger"), Status: "ON_HOLD",
				Reason:  rapid.SampledFrom([]string{"", "blurred", "expired"}).Draw(t, "reason"),
				Attempt: rapid.IntRange(1, 2).Draw(t, "attempt"),
			})
		}
		if len(h.log) == 0 {
			h.receive(streamOf("1"), kyc.Report{Trigger: kyc.ReportApproved})
		}
		return h.log
	})
}

// rows are the tables of the statistics, of which a step works on a copy.
type rows struct {
	projection.Tx
	counts  map[string]int64
	waiting map[string]projection.Waiting
	fails   bool
	loads   int // of how many streams it was asked
}

func newRows() *rows {
	return &rows{counts: map[string]int64{}, waiting: map[string]projection.Waiting{}}
}

var errFails = errors.New("the database is away")

func (r *rows) Before() string { return "" }
func (r *rows) Build() int64   { return 0 }

func keyOf(w projection.Waiting) string { return w.Stream.Key() + "/" + string(w.StepID) }

func (r *rows) LoadWaiting(_ context.Context, streams []eventlog.Stream) (waiting []projection.Waiting, err error) {
	r.loads += len(streams)
	for _, w := range r.waiting {
		for _, s := range streams {
			if w.Stream == s {
				waiting = append(waiting, w)
			}
		}
	}
	return waiting, nil
}

func (r *rows) SaveStats(_ context.Context, change projection.StatsChange) error {
	if r.fails {
		return errFails
	}
	for _, c := range change.Counts {
		r.counts[fmt.Sprint(c.StatKey)] += c.Count
	}
	for _, w := range change.Waiting {
		r.waiting[keyOf(w)] = w
	}
	for _, w := range change.Decided {
		delete(r.waiting, keyOf(w))
	}
	return nil
}

// counted again, in another way: by what the folded session said before and
// after each event.
func recount(log []eventlog.Recorded) *rows {
	r := newRows()
	sessions := map[eventlog.Stream]*kyc.Session{}
	for _, e := range log {
		if sessions[e.Stream] == nil {
			sessions[e.Stream] = kyc.NewSession()
			r.count(e, "opened", "", "", "")
		}
		session := sessions[e.Stream]
		before := session.State()
		session.Apply(e.Event, e.Mark())
		r.recount(e, before, session.State())
	}
	return r
}

func (r *rows) count(e eventlog.Recorded, metric, service, label, detail string) {
	day := e.RecordedAt.Truncate(24 * time.Hour)
	for bucket, start := range map[string]time.Time{"hour": e.RecordedAt.Truncate(time.Hour), "day": day} {
		hours := start.Sub(time.Unix(0, 0)) / time.Hour
		r.counts[fmt.Sprintf("{{%s %d} %s {%s %s %s %s}}", bucket, hours, e.Stream.App, metric, service, label, detail)]++
	}
}

func (r *rows) recount(e eventlog.Recorded, before, after kyc.State) {
	switch event := e.Event.(type) {
	case kyc.StatusChanged:
		r.recountChange(e, event, before)
	case kyc.SessionReset:
		for key, w := range r.waiting {
			if w.Stream == e.Stream {
				delete(r.waiting, key)
			}
		}
		r.count(e, "change", "", event.Cause.String(), "")
		r.count(e, "status", "", "SUBMISSION_REQUIRED", "")
		if event.Cause == kyc.CauseReported {
			r.count(e, "outcome", "", "applied", "")
		}
	case kyc.StatusRepeated:
		r.count(e, "outcome", "", "repeated", "")
	case kyc.WebhookDiscarded:
		r.count(e, "outcome", "", "discarded", "")
	case kyc.TransitionFlagged:
		r.count(e, "outcome", "", "flagged", "")
	case kyc.FlagResolved:
		r.count(e, "resolution", "", event.Resolution.String(), "")
	}
	if n := len(after.Flags); n > len(before.Flags) {
		raised := after.Flags[n-1]
		severity := raised.Violation.Severity()
		if discarded, ok := e.Event.(kyc.WebhookDiscarded); ok {
			severity = discarded.Severity // it depends on what was before
		}
		r.count(e, "flag", "", raised.Violation.String(), severity.String())
	}
}

func (r *rows) recountChange(e eventlog.Recorded, event kyc.StatusChanged, before kyc.State) {
	track := before.Track
	service := ""
	if event.StepID != "" {
		track = kyc.Track{Status: kyc.SubmissionRequired}
		for _, t := range before.Steps {
			if t.StepID == event.StepID {
				track = t
			}
		}
		if service = string(event.Service); service == "" {
			service = "unnamed"
		}
	}
	to := event.To.String()
	r.count(e, "change", "", event.Cause.String(), "")
	r.count(e, "status", service, to, "")
	if event.Cause == kyc.CauseReported {
		r.count(e, "outcome", "", "applied", "")
	}
	if track.Status == kyc.SubmissionRequired && to != "SUBMISSION_REQUIRED" {
		r.count(e, "started", service, "", "")
	}
	if to == "RESUBMISSION_REQUIRED" || to == "REJECTED" {
		r.count(e, "reason", service, to, event.Reason)
	}
	key := keyOf(projection.Waiting{Stream: e.Stream, StepID: event.StepID})
	w, waits := r.waiting[key]
	delete(r.waiting, key)
	switch {
	case to == "PENDING_VERIFICATION" && event.Cause == kyc.CauseReconciled: // since nobody knows when
	case to == "PENDING_VERIFICATION":
		r.waiting[key] = projection.Waiting{Stream: e.Stream, StepID: event.StepID, Since: e.RecordedAt}
	case waits && event.Cause == kyc.CauseReported && to != "SUBMISSION_REQUIRED":
		r.count(e, "decision", service, projection.BinOf(e.RecordedAt.Sub(w.Since)).String(), "")
	}
}
