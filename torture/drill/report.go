package drill

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"dossier/torture/fault"
	"dossier/torture/traffic"
	"dossier/torture/verdict"
)

// Report is what came of a drill.
type Report struct {
	Name   string
	Seed   uint64
	Folder string

	Faults   map[fault.Kind]int
	Pairs    int // rounds of two faults
	Missed   int // faults for which there was no occasion
	Lasted   time.Duration
	Silence  time.Duration // the longest time without an acknowledgement
	Recovery time.Duration // the longest from the end of a round to service by each server
	Slowest  string        // the round that took it
	Starts   int           // of servers
	Unasked  []string      // ends of servers that nobody asked for
	Fallen   []string

	Sent         int // deliveries
	Attempts     int
	Retried      int // deliveries that took more than one attempt
	Unknown      int // attempts of which the outcome was unknown
	Acknowledged int // deliveries
	Found        int // deliveries with an event in the log
	Lost         int
	NotPromised  int // deliveries that an asynchronous failover lost
	Doubled      int
	Events       int
	Checks       []verdict.Check
}

// Total is how many faults were injected.
func (r Report) Total() (n int) {
	for _, of := range r.Faults {
		n += of
	}
	return n
}

// Held says that every check holds.
func (r Report) Held() bool {
	return len(r.Checks) > 0 && !slices.ContainsFunc(r.Checks, func(c verdict.Check) bool { return len(c.Faults) > 0 })
}

// count takes the numbers from the evidence.
func (r *Report) count(e verdict.Evidence) {
	tries, acked, unknown := map[string]int{}, map[string]bool{}, 0
	for _, a := range e.Attempts {
		tries[a.EventID]++
		if a.Standing == traffic.Acknowledged {
			acked[a.EventID] = true
		}
		if a.Standing == traffic.Unknown {
			unknown++
		}
	}
	found := map[string]bool{}
	for _, event := range e.Log {
		if event.Delivery != "" {
			found[event.Delivery] = true
		}
	}
	for _, n := range tries {
		if n > 1 {
			r.Retried++
		}
	}
	r.Sent, r.Attempts, r.Unknown = len(tries), len(e.Attempts), unknown
	r.Acknowledged, r.Found, r.Events = len(acked), len(found), len(e.Log)
	r.Lost, r.Doubled = verdict.Losses(e)
	r.NotPromised = verdict.NotPromised(e)
}

// Print writes the report for people.
func (r Report) Print(w io.Writer) {
	fmt.Fprintf(w, "\n%s, seed %d: %d faults in %d kinds, %d of them in pairs, in %v\n",
		r.Name, r.Seed, r.Total(), len(r.Faults), 2*r.Pairs, r.Lasted.Round(time.Second))
	for _, kind := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(w, "  %5d  %s\n", r.Faults[kind], kind)
	}
	fmt.Fprintf(w, "  sent %d, acknowledged %d, retried %d (%d attempts, %d of unknown outcome), found %d, events %d\n",
		r.Sent, r.Acknowledged, r.Retried, r.Attempts, r.Unknown, r.Found, r.Events)
	fmt.Fprintf(w, "  lost %d, doubled %d", r.Lost, r.Doubled)
	if r.NotPromised > 0 {
		fmt.Fprintf(w, ", and %d that no standby had when it took over", r.NotPromised)
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  longest without service %v; slowest return after a round %v (%s)\n",
		r.Silence.Round(time.Millisecond), r.Recovery.Round(time.Millisecond), r.Slowest)
	fmt.Fprintf(w, "  %d starts of servers, %d ends by themselves, %d faults without an occasion\n", r.Starts, len(r.Unasked), r.Missed)
	for _, c := range r.Checks {
		c.Print(w)
	}
	if !r.Held() {
		fmt.Fprintf(w, "FAILED: seed %d, all of it is in %s\n", r.Seed, r.Folder)
	}
}
