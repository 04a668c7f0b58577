package httpapi

import (
	"math"
	"time"

	"dossier/application/query"
	"dossier/domain/kyc"
)

// stats are the statistics of a span as the API shows them.
type stats struct {
	App          string        `json:"app" example:"default" doc:"The app that was asked for; empty for all."`
	Bucket       bucketWord    `json:"bucket" doc:"The length of a bucket."`
	From         string        `json:"from" format:"date-time" doc:"The beginning of the span."`
	To           string        `json:"to" format:"date-time" doc:"The end of the span, which does not belong to it."`
	Totals       Figures       `json:"totals" doc:"Of the whole span."`
	TopReasons   []reasonCount `json:"top_reasons" nullable:"false" doc:"The most frequent reasons of changes to RESUBMISSION_REQUIRED and REJECTED in the whole span."`
	OtherReasons int64         `json:"other_reasons" minimum:"0" doc:"How many of these changes had a reason that is not among the top ones."`
	Buckets      []statsBucket `json:"buckets" nullable:"false" doc:"Every bucket of the span, oldest first."`
}

// statsBucket is the figures of one bucket.
type statsBucket struct {
	Start string `json:"start" format:"date-time" doc:"The beginning of the bucket."`
	Figures
}

// Figures are what was counted in a span of time. It is exported only because
// huma reads no other embedded fields.
type Figures struct {
	OpenedSessions int64            `json:"opened_sessions" minimum:"0" doc:"Sessions that were seen for the first time."`
	Outcomes       outcomeCounts    `json:"outcomes" doc:"What the stored reports of the provider became."`
	Changes        changeCounts     `json:"changes" doc:"Changes of a status, and resets, by their cause."`
	Statuses       []statusCount    `json:"statuses" nullable:"false" doc:"The same by service and new status."`
	Flags          []flagCount      `json:"flags" nullable:"false" doc:"Flags that were raised."`
	Resolutions    resolutionCounts `json:"resolutions" doc:"Flags that were closed."`
	DecisionTimes  []decisionTimes  `json:"decision_times" nullable:"false" doc:"How long the provider took, by service."`
	Resubmissions  []resubmissions  `json:"resubmissions" nullable:"false" doc:"How often another submission was asked for, by service."`
}

type outcomeCounts struct {
	Applied   int64 `json:"applied" minimum:"0" doc:"The machine allowed them."`
	Repeated  int64 `json:"repeated" minimum:"0" doc:"They told nothing new."`
	Flagged   int64 `json:"flagged" minimum:"0" doc:"The machine forbade them."`
	Discarded int64 `json:"discarded" minimum:"0" doc:"Their status is unknown."`
}

type changeCounts struct {
	Reported   int64 `json:"reported" minimum:"0" doc:"As the provider reported."`
	Healed     int64 `json:"healed" minimum:"0" doc:"Held, and applied when its late submission arrived."`
	Override   int64 `json:"override" minimum:"0" doc:"Held, and accepted by a person."`
	Reconciled int64 `json:"reconciled" minimum:"0" doc:"Shown by the provider's API, and not told by webhooks."`
}

type resolutionCounts struct {
	Accept     int64 `json:"accept" minimum:"0" doc:"A person accepted what was held."`
	Dismiss    int64 `json:"dismiss" minimum:"0" doc:"A person dismissed it."`
	Healed     int64 `json:"healed" minimum:"0" doc:"Its late submission arrived."`
	Superseded int64 `json:"superseded" minimum:"0" doc:"Another one was healed."`
	Reconciled int64 `json:"reconciled" minimum:"0" doc:"The provider's API showed what is true."`
}

type statusCount struct {
	Service string     `json:"service" example:"LIVENESS" doc:"Empty: the session itself. unnamed: a step whose report named no service."`
	Status  statusWord `json:"status" doc:"The new status. PENDING_VERIFICATION counts each document that was handed in; a reset of a whole session counts once, for the session itself."`
	Count   int64      `json:"count" minimum:"1"`
}

type flagCount struct {
	Violation violationWord `json:"violation"`
	Severity  severityWord  `json:"severity"`
	Count     int64         `json:"count" minimum:"1"`
}

type decisionTimes struct {
	Service    string  `json:"service" example:"LIVENESS" doc:"As in statuses."`
	Count      int64   `json:"count" minimum:"1" doc:"How many decisions were timed."`
	P50Seconds float64 `json:"p50_seconds" minimum:"0" doc:"Half of them took no longer."`
	P95Seconds float64 `json:"p95_seconds" minimum:"0" doc:"95 of 100 took no longer."`
}

type resubmissions struct {
	Service       string   `json:"service" example:"LIVENESS" doc:"As in statuses."`
	Steps         int64    `json:"steps" minimum:"0" doc:"Steps that got their first submission or result; once more after a reset."`
	Resubmissions int64    `json:"resubmissions" minimum:"0" doc:"Changes to RESUBMISSION_REQUIRED, of these steps and of earlier ones."`
	PerStep       *float64 `json:"per_step" minimum:"0" doc:"resubmissions by steps; null without steps."`
}

type reasonCount struct {
	Service string     `json:"service" example:"LIVENESS" doc:"As in statuses."`
	Status  statusWord `json:"status" doc:"RESUBMISSION_REQUIRED or REJECTED."`
	Reason  string     `json:"reason" doc:"As reported, cut to 200 bytes; empty if none was given."`
	Count   int64      `json:"count" minimum:"1"`
}

func statsOf(f query.StatsFilter, s query.Stats) stats {
	return stats{
		App: string(f.App), Bucket: bucketWord(f.Bucket.String()),
		From: stamp(time.Unix(f.From*3600, 0)), To: stamp(time.Unix(f.To*3600, 0)),
		Totals: figuresOf(s.Totals), TopReasons: each(s.TopReasons, reasonOf), OtherReasons: s.OtherReasons,
		Buckets: each(s.Buckets, func(b query.Figures) statsBucket {
			return statsBucket{Start: stamp(b.Start), Figures: figuresOf(b)}
		}),
	}
}

func reasonOf(r query.ReasonCount) reasonCount {
	return reasonCount{
		Service: string(r.Service), Status: statusWord(r.Status.String()), Reason: r.Reason, Count: r.Count,
	}
}

func figuresOf(f query.Figures) Figures {
	figures := Figures{
		OpenedSessions: f.Opened,
		Outcomes: outcomeCounts{
			f.Outcomes[kyc.Applied], f.Outcomes[kyc.Repeated], f.Outcomes[kyc.Flagged], f.Outcomes[kyc.Discarded],
		},
		Changes: changeCounts{
			f.Changes[kyc.CauseReported], f.Changes[kyc.CauseHealed], f.Changes[kyc.CauseOverride],
			f.Changes[kyc.CauseReconciled],
		},
		Resolutions: resolutionCounts{
			f.Resolutions[kyc.ResolvedAccept], f.Resolutions[kyc.ResolvedDismiss],
			f.Resolutions[kyc.ResolvedHealed], f.Resolutions[kyc.ResolvedSuperseded],
			f.Resolutions[kyc.ResolvedReconciled],
		},
		Flags: each(f.Flags, func(c query.FlagCount) flagCount {
			return flagCount{violationWord(c.Violation.String()), severityWord(c.Severity.String()), c.Count}
		}),
		Statuses: []statusCount{}, DecisionTimes: []decisionTimes{}, Resubmissions: []resubmissions{},
	}
	for _, s := range f.Services {
		figures.add(s)
	}
	return figures
}

// add adds the figures of a service to each list that it has any for.
func (f *Figures) add(s query.ServiceFigures) {
	for _, status := range kyc.Statuses() {
		if n := s.Statuses[status]; n > 0 {
			f.Statuses = append(f.Statuses, statusCount{string(s.Service), statusWord(status.String()), n})
		}
	}
	if n := s.Decided.Count(); n > 0 {
		f.DecisionTimes = append(f.DecisionTimes, decisionTimes{
			string(s.Service), n, s.Decided.Percentile(50).Seconds(), s.Decided.Percentile(95).Seconds(),
		})
	}
	if s.Started > 0 || s.Resubmissions() > 0 {
		f.Resubmissions = append(f.Resubmissions, resubmissions{
			string(s.Service), s.Started, s.Resubmissions(), ratio(s.Resubmissions(), s.Started),
		})
	}
}

// ratio returns a by b to four decimals; nil if b is 0.
func ratio(a, b int64) *float64 {
	if b == 0 {
		return nil
	}
	r := math.Round(float64(a)/float64(b)*1e4) / 1e4
	return &r
}
