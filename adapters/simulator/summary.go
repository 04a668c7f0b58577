package simulator

import (
	"maps"
	"sync"
	"time"
)

// The keys of Summary.Outcomes beside the outcomes that a receiver may answer.
const (
	// OutcomeOther counts answers that name an outcome which we do not know.
	OutcomeOther = "other"
	// OutcomeNone counts answers that name none, or are not JSON.
	OutcomeNone = "none"
)

// Summary is what a run sent and what came back. It holds no secret and no
// session id, and can be written as JSON, durations in nanoseconds.
//
// A delivery counts once it was accepted or given up: what was under way when a
// run was cancelled is in Attempts alone.
type Summary struct {
	Sessions   int           `json:"sessions"`   // whose last delivery is done
	Deliveries int           `json:"deliveries"` // accepted or given up
	Accepted   int           `json:"accepted"`   // answered with a 2xx
	Failed     int           `json:"failed"`     // given up: refused, or out of attempts
	Attempts   int           `json:"attempts"`   // requests made
	Retries    int           `json:"retries"`    // of those, the ones after the first of their delivery
	Elapsed    time.Duration `json:"elapsed_ns"`

	Classes    map[string]int            `json:"classes"`     // deliveries by what they were, as Class names it
	Outcomes   map[string]int            `json:"outcomes"`    // accepted deliveries by what the receiver made of them
	ByClass    map[string]map[string]int `json:"by_class"`    // Outcomes for each class
	Statuses   map[int]int               `json:"statuses"`    // attempts by HTTP status; 0: no answer came
	Latency    Percentiles               `json:"latency"`     // from sending to the whole answer, of each attempt that got one
	Behind     Percentiles               `json:"behind"`      // with a Rate: how much later than due the first attempts were sent
	FirstError string                    `json:"first_error"` // the first failure of an attempt; empty if there was none
}

// Progress is how far a run is. All counts are as in Summary.
type Progress struct {
	Sessions   int // whose last delivery is done
	Total      int // sessions that there will be
	Deliveries int
	Failed     int
	Retries    int
	Elapsed    time.Duration
}

// tally counts while a run goes on. It is safe for concurrent use.
type tally struct {
	mu      sync.Mutex
	total   int
	begun   time.Time
	summary Summary
	latency histogram
	behind  histogram
}

func newTally(sessions int) *tally {
	return &tally{total: sessions, begun: time.Now(), summary: Summary{
		Classes: map[string]int{}, Outcomes: map[string]int{},
		ByClass: map[string]map[string]int{}, Statuses: map[int]int{},
	}}
}

// attempted counts one request and its answer.
func (t *tally) attempted(a answer, retry bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.summary.Attempts++
	if retry {
		t.summary.Retries++
	}
	t.summary.Statuses[a.status]++
	if a.status != 0 {
		t.latency.add(a.took)
	}
	if a.fault != "" && t.summary.FirstError == "" {
		t.summary.FirstError = a.fault
	}
}

func (t *tally) sentBehind(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behind.add(d)
}

// accepted counts a delivery that was answered with an outcome.
func (t *tally) accepted(d Delivery, outcome string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done(d)
	t.summary.Accepted++
	t.summary.Outcomes[outcome]++
	class := d.Class.String()
	if t.summary.ByClass[class] == nil {
		t.summary.ByClass[class] = map[string]int{}
	}
	t.summary.ByClass[class][outcome]++
}

// failed counts a delivery that was given up, and says whether none was ever
// accepted.
func (t *tally) failed(d Delivery) (noneAccepted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done(d)
	t.summary.Failed++
	return t.summary.Accepted == 0
}

func (t *tally) done(d Delivery) {
	t.summary.Deliveries++
	t.summary.Classes[d.Class.String()]++
	if d.Last {
		t.summary.Sessions++
	}
}

func (t *tally) progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Progress{
		Sessions: t.summary.Sessions, Total: t.total, Deliveries: t.summary.Deliveries,
		Failed: t.summary.Failed, Retries: t.summary.Retries, Elapsed: time.Since(t.begun),
	}
}

// result returns the summary so far, independent of what is counted later.
func (t *tally) result() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.summary
	s.Elapsed = time.Since(t.begun)
	s.Latency, s.Behind = t.latency.percentiles(), t.behind.percentiles()
	s.Classes, s.Outcomes, s.Statuses = maps.Clone(s.Classes), maps.Clone(s.Outcomes), maps.Clone(s.Statuses)
	s.ByClass = maps.Clone(s.ByClass)
	for class, outcomes := range s.ByClass {
		s.ByClass[class] = maps.Clone(outcomes)
	}
	return s
}
