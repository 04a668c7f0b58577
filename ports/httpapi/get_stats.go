package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// maxBuckets is how many buckets may be asked for at once: more than a month by
// the hour, and more than two years by the day.
const maxBuckets = 1000

var getStats = operation{
	id: "get-stats", method: http.MethodGet, path: "/v1/stats", tag: "Statistics",
	summary: "Count what happened",
	description: "By the hour or by the day of UTC, of one app or of all, by the time at which events were recorded. " +
		"The span is widened to whole buckets; the answer says which it is, and has every bucket of it, empty ones too. " +
		fmt.Sprintf("At most %d buckets are answered.\n\n", maxBuckets) +
		"Changes of a status are counted however they came about. A **decision time** runs from the last submission of a track " +
		"(its last PENDING_VERIFICATION) to the APPROVED, RESUBMISSION_REQUIRED or REJECTED that the provider reported next, " +
		"and belongs to the bucket of the decision. What was healed had been decided before its submission arrived, and what a " +
		"person accepted waited for that person, and of what only the provider's API told nobody knows when it happened, be it the " +
		"decision or the submission: these are among the changes, and have no decision time. Percentiles are those of " +
		"all decisions of the span that they stand for, exact to within 6.25 % (or half a millisecond).\n\n" +
		"Webhooks that were delivered twice are no events, and not counted here.",
	roles: everyRole, problems: withReads(), example: exampleStats(),
}

type statsInput struct {
	Freshness
	App     appWord    `query:"app" doc:"Only what happened in this app."`
	From    instant    `query:"from" doc:"Begin with the bucket that has this time; by default 30 days before the end, or 7 with hours."`
	To      instant    `query:"to" doc:"End before this time, with the bucket that has what is before it; by default now."`
	Bucket  bucketWord `query:"bucket" doc:"The length of a bucket."`
	Reasons int        `query:"reasons" default:"10" minimum:"0" maximum:"100" doc:"How many of the most frequent reasons to answer at most."`
}

type statsOutput struct {
	Position int64 `header:"Dossier-Position" doc:"What the read model has seen."`
	Body     encoded[stats]
}

func (a *api) getStats(ctx context.Context, in *statsInput) (*statsOutput, error) {
	filter, err := in.filter(a.Now())
	if err != nil {
		return nil, err
	}
	answer, err := a.Reads.Stats(ctx, filter, in.Reasons, in.fresh())
	if err != nil {
		return nil, a.fail(ctx, err, answer.Position)
	}
	return &statsOutput{Position: answer.Position, Body: encode(statsOf(filter, answer))}, nil
}

// filter returns the span of whole buckets that was asked for.
func (in *statsInput) filter(now time.Time) (query.StatsFilter, error) {
	f := query.StatsFilter{App: kyc.App(in.App), Bucket: projection.BucketDay}
	days := int64(30)
	if in.Bucket == bucketWord(projection.BucketHour.String()) {
		f.Bucket, days = projection.BucketHour, 7
	}
	to := now
	if !in.To.at.IsZero() {
		to = in.To.at
	}
	if !counted(to) {
		return f, invalid("query.to", errCounted)
	}
	f.To = f.Bucket.Of(to.Add(time.Duration(f.Bucket.Hours())*time.Hour - 1)).Start
	f.From = max(0, f.To-24*days)
	if !in.From.at.IsZero() {
		if !counted(in.From.at) {
			return f, invalid("query.from", errCounted)
		}
		if !in.From.at.Before(to) {
			return f, invalid("query.from", "a time before the end of the span is expected")
		}
		f.From = f.Bucket.Of(in.From.at).Start
	}
	if (f.To-f.From)/f.Bucket.Hours() > maxBuckets {
		return f, invalid("query.from", fmt.Sprintf("a span of at most %d buckets is expected", maxBuckets))
	}
	return f, nil
}

const errCounted = "a time from 1970 to 9998 is expected"

// counted says whether a span may begin or end at a time. Its bounds, widened
// to whole buckets, must be times that RFC 3339 can write.
func counted(at time.Time) bool {
	year := at.UTC().Year()
	return year >= 1970 && year <= 9998
}
