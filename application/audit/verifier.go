package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"dossier/application/projection"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// The stages of a check, as its progress names them.
const (
	StageLog        = "events of the log"
	StageStreams    = "events of the streams"
	StageFlags      = "positions of the flags"
	StageDeliveries = "deliveries"
)

// pageSize is how many events or rows are read at a time.
const pageSize = 5000

// Verifier checks a store.
type Verifier struct {
	Store Store
	// Rules are those that the service runs under: the rows of sessions depend
	// on them.
	Rules kyc.RuleBook
	// Key is the verifier key of the transparency log. Without one signatures
	// are not checked.
	Key string
	// Kept are signed checkpoints that someone kept elsewhere.
	Kept []Kept
	Now  func() time.Time
	// Report takes each finding as it is found, up to MaxReported of a check.
	Report func(Finding)
	// Progress tells how much of a stage is done; nil does nothing.
	Progress func(stage string, done, total int64)

	sum    Summary
	bounds Bounds
	stats  statistics
	made   map[string]string // the versions that read models must be made by
	cuts   cuts
	// confirmed is how many events the largest checkpoint commits to that the log
	// begins with.
	confirmed int64
}

// Run checks everything. An error means that the check could not be carried
// out, and that its summary says nothing.
func (v *Verifier) Run(ctx context.Context) (Summary, error) {
	v.sum = Summary{Findings: map[Check]int64{}}
	v.made = map[string]string{
		projection.SessionsName: projection.NewSessions(v.Rules).Version(),
		projection.FlagsName:    projection.Flags{}.Version(),
		projection.StatsName:    projection.NewStats().Version(),
	}
	for _, stage := range []struct {
		name  string
		check func(context.Context) error
	}{
		{"how far the parts are", v.checkBounds},
		{"what was lost", v.readCuts},
		{"the triggers", v.checkTriggers},
		{"the log", v.checkLog},
		{"what was lost", v.checkCuts},
		{"the streams", v.checkStreams},
		{"the flags", v.checkExtraFlags},
		{"the statistics", v.checkStatistics},
		{"the deliveries", v.checkDeliveries},
	} {
		if err := stage.check(ctx); err != nil {
			return v.sum, fmt.Errorf("check %s: %w", stage.name, err)
		}
	}
	return v.sum, nil
}

// found counts a finding, and reports it unless there were too many like it.
func (v *Verifier) found(f Finding) {
	v.sum.Findings[f.Check]++
	if v.sum.Findings[f.Check] <= MaxReported {
		v.Report(f)
	}
}

func (v *Verifier) progress(stage string, done, total int64) {
	if v.Progress != nil {
		v.Progress(stage, done, total)
	}
}

// checkBounds finds what is ahead of the log. All was read in one snapshot, and
// the log grows first.
func (v *Verifier) checkBounds(ctx context.Context) (err error) {
	if v.bounds, err = v.Store.Bounds(ctx); err != nil {
		return err
	}
	head := v.bounds.Head
	v.sum.Head = head
	v.stats = statistics{map[StatKey]int64{}, min(head, v.bounds.Models[projection.StatsName].Position)}
	for _, name := range slices.Sorted(maps.Keys(v.bounds.Models)) {
		if at := v.bounds.Models[name].Position; name != translog.Name && at > head {
			v.found(Finding{Check: ModelAhead, Position: head + 1, Last: at,
				Expected: fmt.Sprintf("%s folded up to position %d at most, the last of the log", name, head),
				Found:    fmt.Sprintf("it is folded up to %d", at)})
		}
	}
	v.checkModelVersions()
	if sealed := v.sealed(); sealed > head {
		v.found(Finding{Check: LogCutOff, Position: head + 1, Last: sealed,
			Expected: fmt.Sprintf("the %d events that the stored tree and checkpoints commit to", sealed),
			Found:    fmt.Sprintf("the log ends at position %d", head)})
	}
	return nil
}

// checkTriggers finds what would let an SQL shell change a log.
func (v *Verifier) checkTriggers(ctx context.Context) error {
	broken, err := v.Store.BrokenTriggers(ctx)
	for _, t := range broken {
		v.found(Finding{Check: TriggerMissing,
			Expected: fmt.Sprintf("the trigger %s of the table %s, which refuses changes in every session", t.Name, t.Table),
			Found:    "it " + t.Fault})
	}
	return err
}

// sealed is how many events the store itself claims to have committed to.
func (v *Verifier) sealed() int64 {
	return max(v.bounds.Models[translog.Name].Position, v.bounds.Leaves, v.bounds.Signed)
}

func (v *Verifier) checkModelVersions() {
	for _, name := range slices.Sorted(maps.Keys(v.made)) {
		has, made := v.bounds.Models[name]
		if made && has.Version != v.made[name] {
			v.found(Finding{Check: ModelVersion,
				Expected: fmt.Sprintf("%s made by version %q, that of this program and the rules given to it", name, v.made[name]),
				Found:    fmt.Sprintf("it was made by %q; give the rules that the service runs under", has.Version)})
		}
	}
}
