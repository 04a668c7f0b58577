package httpapi_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// rejected is a step whose document was not good enough.
func rejected(step kyc.StepID, reason string) kyc.Event {
	return kyc.StatusChanged{
		StepID: step, Service: address, Trigger: kyc.ReportResubmissionRequired, From: kyc.PendingVerification,
		To: kyc.ResubmissionRequired, Reason: reason, Cause: kyc.CauseReported,
	}
}

// someDecisions takes a step through a first rejection to an approval an hour
// later, while another app only raises a flag.
func (s *service) someDecisions() {
	s.store.append(stream(), pending("1"), rejected("1", "blurred"))
	s.store.now = s.store.now.Add(time.Hour)
	s.store.append(stream(), pending("1"), approved("1"), kyc.StatusRepeated{StepID: "1", Service: address})
	s.store.append(eventlog.Stream{App: "second", Session: "x"}, unreasoned("1"))
}

// figures are those of a span, of nothing if none are given.
func figures(start, but string) string {
	empty := `"opened_sessions":0,"outcomes":{"applied":0,"repeated":0,"flagged":0,"discarded":0},
		"changes":{"reported":0,"healed":0,"override":0,"reconciled":0},"statuses":[],"flags":[],
		"resolutions":{"accept":0,"dismiss":0,"healed":0,"superseded":0,"reconciled":0},"decision_times":[],"resubmissions":[]`
	if but == "" {
		but = empty
	}
	if start != "" {
		but = `"start":"` + start + `",` + but
	}
	return "{" + but + "}"
}

func TestStatisticsAreCountedByTheHour(t *testing.T) {
	s := newService(t)
	s.someDecisions()
	second := `"decision_times":[{"service":"PROOF_OF_ADDRESS","count":1,"p50_seconds":0.992,"p95_seconds":0.992}]`
	first := `"opened_sessions":1,"outcomes":{"applied":2,"repeated":0,"flagged":0,"discarded":0},
		"changes":{"reported":2,"healed":0,"override":0,"reconciled":0},"flags":[],"resolutions":{"accept":0,"dismiss":0,"healed":0,"superseded":0,"reconciled":0},
		"statuses":[{"service":"PROOF_OF_ADDRESS","status":"PENDING_VERIFICATION","count":1},
			{"service":"PROOF_OF_ADDRESS","status":"RESUBMISSION_REQUIRED","count":1}],` + second + `,
		"resubmissions":[{"service":"PROOF_OF_ADDRESS","steps":1,"resubmissions":1,"per_step":1}]`
	later := `"opened_sessions":1,"outcomes":{"applied":2,"repeated":1,"flagged":0,"discarded":0},
		"changes":{"reported":2,"healed":0,"override":0,"reconciled":0},"resolutions":{"accept":0,"dismiss":0,"healed":0,"superseded":0,"reconciled":0},
		"flags":[{"violation":"missing_reason","severity":"low","count":1}],
		"statuses":[{"service":"PROOF_OF_ADDRESS","status":"PENDING_VERIFICATION","count":1},
			{"service":"PROOF_OF_ADDRESS","status":"APPROVED","count":1}],` + second + `,
		"resubmissions":[{"service":"PROOF_OF_ADDRESS","steps":1,"resubmissions":0,"per_step":0}]`
	all := `"opened_sessions":2,"outcomes":{"applied":4,"repeated":1,"flagged":0,"discarded":0},
		"changes":{"reported":4,"healed":0,"override":0,"reconciled":0},"resolutions":{"accept":0,"dismiss":0,"healed":0,"superseded":0,"reconciled":0},
		"flags":[{"violation":"missing_reason","severity":"low","count":1}],
		"statuses":[{"service":"PROOF_OF_ADDRESS","status":"PENDING_VERIFICATION","count":2},
			{"service":"PROOF_OF_ADDRESS","status":"RESUBMISSION_REQUIRED","count":1},
			{"service":"PROOF_OF_ADDRESS","status":"APPROVED","count":1}],
		"decision_times":[{"service":"PROOF_OF_ADDRESS","count":2,"p50_seconds":0.992,"p95_seconds":0.992}],
		"resubmissions":[{"service":"PROOF_OF_ADDRESS","steps":2,"resubmissions":1,"per_step":0.5}]`
	s.get("reader", "/v1/stats?bucket=hour&from=2026-03-01T05:30:00Z&to=2026-03-01T07:10:00Z").is(200).position("6").equals(
		`{"app":"","bucket":"hour","from":"2026-03-01T05:00:00.000000Z","to":"2026-03-01T08:00:00.000000Z",
		"top_reasons":[{"service":"PROOF_OF_ADDRESS","status":"RESUBMISSION_REQUIRED","reason":"blurred","count":1}],"other_reasons":0,
		"totals":` + figures("", all) + `,"buckets":[` + figures("2026-03-01T05:00:00.000000Z", "") + `,` +
			figures("2026-03-01T06:00:00.000000Z", first) + `,` + figures("2026-03-01T07:00:00.000000Z", later) + `]}`)
}

// What a snapshot settles is counted by its own words.
func TestReconciledChangesAndFlagsAreCounted(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"), regressed("1"),
		kyc.SnapshotObserved{Status: "APPROVED"},
		kyc.StatusChanged{StepID: "1", Service: address, Trigger: kyc.ReportApproved, From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseReconciled},
		kyc.StatusChanged{Trigger: kyc.ReportApproved, From: kyc.SubmissionRequired, To: kyc.Approved, Cause: kyc.CauseReconciled},
		kyc.FlagResolved{StepID: "1", Flag: 2, Resolution: kyc.ResolvedReconciled, By: kyc.ReconciledBy})
	totals := s.get("reader", "/v1/stats").is(200).json()["totals"].(map[string]any)
	for name, want := range map[string]float64{"changes": 2, "resolutions": 1} {
		if got := totals[name].(map[string]any)["reconciled"]; got != want {
			t.Errorf("%v %s were reconciled, want %v", got, name, want)
		}
	}
	if times := totals["decision_times"].([]any); len(times) > 0 {
		t.Errorf("decision times %v", times)
	}
}

func TestStatisticsOfOneApp(t *testing.T) {
	s := newService(t)
	s.someDecisions()
	for app, want := range map[string]float64{"default": 1, "second": 1, "unknown": 0} {
		body := s.get("reader", "/v1/stats?app="+app).is(200).position("6").json()
		if got := body["totals"].(map[string]any)["opened_sessions"]; got != want || body["app"] != app {
			t.Errorf("%v sessions of %s, want %v", got, body["app"], want)
		}
	}
}

func TestAnUnknownAppHasEmptyStatistics(t *testing.T) {
	s := newService(t)
	s.someDecisions()
	s.get("reader", "/v1/stats?app=unknown&from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z").is(200).equals(
		`{"app":"unknown","bucket":"day","from":"2026-03-01T00:00:00.000000Z","to":"2026-03-02T00:00:00.000000Z","top_reasons":[],
		"other_reasons":0,"totals":` + figures("", "") + `,"buckets":[` + figures("2026-03-01T00:00:00.000000Z", "") + `]}`)
}

// The span that is answered, by what was asked for at six on a first of March.
func TestASpanIsWidenedToWholeBuckets(t *testing.T) {
	s := newService(t)
	for query, want := range map[string]struct {
		from, to string
		buckets  int
	}{
		"":                               {"2026-01-31T00", "2026-03-02T00", 30},
		"bucket=day":                     {"2026-01-31T00", "2026-03-02T00", 30},
		"bucket=hour":                    {"2026-02-22T07", "2026-03-01T07", 168},
		"from=2026-03-01T00:00:00Z":      {"2026-03-01T00", "2026-03-02T00", 1},
		"from=2026-02-28T23:59:59.9Z":    {"2026-02-28T00", "2026-03-02T00", 2},
		"to=2026-03-01T00:00:00Z":        {"2026-01-30T00", "2026-03-01T00", 30},
		"to=2026-03-01T00:00:00.000001Z": {"2026-01-31T00", "2026-03-02T00", 30},
		"to=2026-03-01T00:00:00%2B01:00": {"2026-01-30T00", "2026-03-01T00", 30},
		"to=1970-01-02T00:00:00Z":        {"1970-01-01T00", "1970-01-02T00", 1},
		"from=9998-12-31T00:00:00Z&to=9998-12-31T12:00:00Z":               {"9998-12-31T00", "9999-01-01T00", 1},
		"from=2025-01-01T00:00:00Z&to=2025-01-01T00:00:00.5Z&bucket=hour": {"2025-01-01T00", "2025-01-01T01", 1},
		"from=2023-06-07T00:00:00Z&to=2026-03-03T00:00:00Z":               {"2023-06-07T00", "2026-03-03T00", 1000},
	} {
		a := s.get("reader", "/v1/stats?"+query).is(200)
		body := a.json()
		from, to := want.from+":00:00.000000Z", want.to+":00:00.000000Z"
		starts := a.list("buckets", "start")
		if body["from"] != from || body["to"] != to || len(starts) != want.buckets || starts[0] != from {
			t.Errorf("%q: %d buckets from %v to %v, want %+v", query, len(starts), body["from"], body["to"], want)
		}
	}
}

func TestSpansThatCanNotBeCountedAreRefused(t *testing.T) {
	s := newService(t)
	for query, field := range map[string]string{
		"bucket=week":                           "query.bucket",
		"app=NO":                                "query.app",
		"from=yesterday":                        "query.from",
		"reasons=-1":                            "query.reasons",
		"reasons=101":                           "query.reasons",
		"from=2026-03-02T00:00:00Z":             "query.from", // after now
		"to=1969-12-31T23:59:59Z":               "query.to",
		"to=9999-01-01T00:00:00Z":               "query.to",
		"from=1969-12-31T00:00:00Z":             "query.from",
		"from=2020-01-01T00:00:00Z":             "query.from", // too many days
		"bucket=hour&from=2026-01-01T00:00:00Z": "query.from",
		"from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z":        "query.from",
		"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z":        "query.from",
		"from=2023-06-06T00:00:00Z&to=2026-03-03T00:00:00Z":        "query.from",
		"from=2023-06-07T00:00:00Z&to=2026-03-03T00:00:00.000001Z": "query.from",
		"from=" + url.QueryEscape("2026-01-01T00:00:00+25:00"):     "query.from",
	} {
		p := s.get("reader", "/v1/stats?"+query).problem(422, "invalid-request")
		errs, _ := p["errors"].([]any)
		if len(errs) != 1 || errs[0].(map[string]any)["field"] != field {
			t.Errorf("%s: %v, want %s", query, p["errors"], field)
		}
	}
}

// Reasons are free text: however many there are, the answer names a few.
func TestTheMostFrequentReasonsAreNamed(t *testing.T) {
	s := newService(t)
	for i := range 30 {
		for range i/10 + 1 {
			s.store.append(stream(), rejected("1", fmt.Sprintf("reason %02d", i)))
		}
	}
	s.store.append(stream(), rejected("1", ""))
	for query, want := range map[string]struct {
		named int
		other float64
	}{"": {10, 31}, "reasons=0": {0, 61}, "reasons=1": {1, 58}, "reasons=100": {31, 0}} {
		a := s.get("reader", "/v1/stats?"+query).is(200)
		if got := a.list("top_reasons", "reason"); len(got) != want.named || a.json()["other_reasons"] != want.other {
			t.Errorf("%q: %v and %v others, want %+v", query, got, a.json()["other_reasons"], want)
		}
	}
	if got := s.get("reader", "/v1/stats?reasons=1").list("top_reasons", "reason"); got[0] != "reason 20" {
		t.Errorf("the most frequent one is %v", got)
	}
}

// A percentile of a day is that of all its decisions, not a mean of its hours.
func TestPercentilesOfADayAreOfAllItsDecisions(t *testing.T) {
	s := newService(t)
	decide := func(n int, took time.Duration) {
		for i := range n {
			one := eventlog.Stream{App: "default", Session: kyc.SessionID(fmt.Sprint(took, i))}
			s.store.append(one, pending("1"))
			s.store.now = s.store.now.Add(took - time.Second) // an event takes one more
			s.store.append(one, approved("1"))
		}
	}
	decide(90, 2*time.Second)
	s.store.now = s.store.now.Add(time.Hour)
	decide(10, 10*time.Minute)
	a := s.get("reader", "/v1/stats?from=2026-03-01T00:00:00Z").is(200)
	for _, figures := range []any{a.json()["totals"], a.json()["buckets"].([]any)[0]} {
		times := figures.(map[string]any)["decision_times"].([]any)[0].(map[string]any)
		if p := times["p50_seconds"].(float64); p < 1.875 || p > 2.125 {
			t.Errorf("p50 %v, want about 2", p)
		}
		if p := times["p95_seconds"].(float64); p < 562 || p > 638 {
			t.Errorf("p95 %v, want about 600", p)
		}
	}
}

func TestStatisticsEndNowUnlessAskedOtherwise(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) {
		c.Now = func() time.Time { return time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC) }
	})
	if got := s.get("reader", "/v1/stats").is(200).json()["to"]; got != "2026-03-05T00:00:00.000000Z" {
		t.Errorf("it ends at %v", got)
	}
}
