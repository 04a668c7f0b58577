package query

import (
	"cmp"
	"slices"
	"time"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// Figures are what was counted in one span of time.
type Figures struct {
	Start  time.Time
	Opened int64 // sessions whose first event it was
	// Outcomes are those of the reports that were stored, Changes those of
	// statuses by their cause, Resolutions those of flags that were closed.
	Outcomes    map[kyc.Outcome]int64
	Changes     map[kyc.Cause]int64
	Resolutions map[kyc.Resolution]int64
	Flags       []FlagCount
	Services    []ServiceFigures // each that had any, by name
}

// FlagCount says how many flags were raised for a violation.
type FlagCount struct {
	Violation kyc.Violation
	Severity  kyc.Severity
	Count     int64
}

// ServiceFigures are what was counted of the tracks of one service.
type ServiceFigures struct {
	Service  kyc.Service          // empty: the session itself
	Statuses map[kyc.Status]int64 // changes, by the new status
	// Started is how many tracks left the initial status, for the first time or
	// after a reset.
	Started int64
	// Decided are the times from the last submission to a decision.
	Decided projection.Durations
}

// Resubmissions returns how often another submission was asked for.
func (s ServiceFigures) Resubmissions() int64 { return s.Statuses[kyc.ResubmissionRequired] }

func newFigures(hour int64) Figures {
	return Figures{
		Start: startOf(hour), Outcomes: map[kyc.Outcome]int64{}, Changes: map[kyc.Cause]int64{},
		Resolutions: map[kyc.Resolution]int64{},
	}
}

// add counts a row of the statistics. Words that this version does not know
// were written by a later one, which will make the rows anew.
func (f *Figures) add(c projection.Stat) {
	switch c.Metric {
	case projection.MetricOpened:
		f.Opened += c.Count
	case projection.MetricOutcome:
		outcome, _ := kyc.ParseOutcome(c.Label)
		f.Outcomes[outcome] += c.Count
	case projection.MetricChange:
		cause, _ := kyc.ParseCause(c.Label)
		f.Changes[cause] += c.Count
	case projection.MetricResolution:
		resolution, _ := kyc.ParseResolution(c.Label)
		f.Resolutions[resolution] += c.Count
	case projection.MetricFlag:
		f.addFlag(c)
	case projection.MetricStatus:
		status, _ := kyc.ParseStatus(c.Label)
		f.service(c.Service).Statuses[status] += c.Count
	case projection.MetricStarted:
		f.service(c.Service).Started += c.Count
	case projection.MetricDecision:
		times, _ := projection.ParseDurations(c.Label)
		f.service(c.Service).Decided.Merge(times)
	}
}

func (f *Figures) addFlag(c projection.Stat) {
	violation, _ := kyc.ParseViolation(c.Label)
	severity, _ := kyc.ParseSeverity(c.Detail)
	for i := range f.Flags {
		if known := &f.Flags[i]; known.Violation == violation && known.Severity == severity {
			known.Count += c.Count
			return
		}
	}
	f.Flags = append(f.Flags, FlagCount{violation, severity, c.Count})
}

// service returns the figures of a service, which start at nothing.
func (f *Figures) service(name kyc.Service) *ServiceFigures {
	i := slices.IndexFunc(f.Services, func(s ServiceFigures) bool { return s.Service == name })
	if i < 0 {
		i = len(f.Services)
		f.Services = append(f.Services, ServiceFigures{Service: name, Statuses: map[kyc.Status]int64{}})
	}
	return &f.Services[i]
}

// sort puts services in the order of their names, and flags in that of the
// domain's violations.
func (f *Figures) sort() {
	slices.SortFunc(f.Services, func(a, b ServiceFigures) int { return cmp.Compare(a.Service, b.Service) })
	slices.SortFunc(f.Flags, func(a, b FlagCount) int {
		return cmp.Or(
			cmp.Compare(slices.Index(kyc.Violations(), a.Violation), slices.Index(kyc.Violations(), b.Violation)),
			cmp.Compare(slices.Index(kyc.Severities(), a.Severity), slices.Index(kyc.Severities(), b.Severity)))
	})
}

// refusals returns how many changes to RESUBMISSION_REQUIRED or REJECTED there
// were.
func (f *Figures) refusals() (n int64) {
	for _, s := range f.Services {
		n += s.Statuses[kyc.ResubmissionRequired] + s.Statuses[kyc.Rejected]
	}
	return n
}
