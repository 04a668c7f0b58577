package query

import (
	"context"
	"time"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// StatsFilter picks statistics: those of a span of whole buckets.
type StatsFilter struct {
	App    kyc.App // empty: all
	Bucket projection.Bucket
	// From is the first hour and To the one after the last, since 1970 UTC. Both
	// begin a bucket, and From is before To.
	From, To int64
}

// Stats are the figures of a span, and what the answer has seen.
type Stats struct {
	Buckets []Figures // every bucket of the span, oldest first
	Totals  Figures   // of the whole span
	// TopReasons are the most frequent reasons of refusals, and OtherReasons is
	// how many refusals had another one.
	TopReasons   []ReasonCount
	OtherReasons int64
	Position     int64 // of the read model
}

// ReasonCount says how many changes to a status had a reason.
type ReasonCount struct {
	Service kyc.Service // empty: the session itself
	Status  kyc.Status  // RESUBMISSION_REQUIRED or REJECTED
	Reason  string      // empty if none was given
	Count   int64
}

// Stats counts what a span saw, and names up to so many reasons. It returns a
// *StaleError.
func (r *Reads) Stats(ctx context.Context, f StatsFilter, reasons int, fresh Fresh) (Stats, error) {
	position, err := r.awaitModel(ctx, projection.StatsName, fresh)
	if err != nil {
		return Stats{Position: position}, err
	}
	counts, top, err := r.models.SumStats(ctx, f, reasons)
	if err != nil {
		return Stats{}, err
	}
	stats := Stats{Position: position, Totals: newFigures(f.From), TopReasons: make([]ReasonCount, 0, len(top))}
	for hour := f.From; hour < f.To; hour += f.Bucket.Hours() {
		stats.Buckets = append(stats.Buckets, newFigures(hour))
	}
	for _, c := range counts {
		stats.Buckets[(c.Start-f.From)/f.Bucket.Hours()].add(c)
		stats.Totals.add(c)
	}
	for i := range stats.Buckets {
		stats.Buckets[i].sort()
	}
	stats.Totals.sort()
	// Every refusal has a reason, be it an empty one.
	stats.OtherReasons = stats.Totals.refusals()
	for _, c := range top {
		status, _ := kyc.ParseStatus(c.Label)
		stats.TopReasons = append(stats.TopReasons, ReasonCount{c.Service, status, c.Detail, c.Count})
		stats.OtherReasons -= c.Count
	}
	return stats, nil
}

// startOf returns when an hour of the statistics begins.
func startOf(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }
