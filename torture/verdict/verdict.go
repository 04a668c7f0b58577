// Package verdict compares what was answered and seen with what is in the log,
// id by id.
package verdict

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"dossier/torture/traffic"
	"dossier/torture/witness"
)

// Evidence is all that a run left behind.
type Evidence struct {
	Attempts []traffic.Attempt
	Missing  []string // deliveries that were never acknowledged
	Log      []Event

	Cuts          []Cut // empty: no failover may lose anything
	ClocksStepped bool
	Stream        []witness.Sight
	OnceTable     []witness.Sight // of the subscriber, by position
	LeastFile     []witness.Sight // of the subscriber, in its order
	Relayed       []witness.Sight // what the broker holds, in its order
	Received      []witness.Sight // of the receiver, in its order
	Before        Models          // as the servers left them
	After         Models          // as a rebuild makes them
	Provider      History         // of the sessions that the provider is asked for
	VerifyCode    int
	VerifyText    string
	Panics        []string // lines of the servers' logs
	Fallen        []string // servers that ended by themselves, or came back too late
}

// Check is one thing that must hold.
type Check struct {
	Name   string
	Looked int      // at how many things
	Faults []string // empty: it holds
}

// Judge makes all checks.
func Judge(e Evidence) []Check {
	book := newBook(e)
	checks := []Check{
		book.acknowledged(), book.duplicates(), book.refused(), book.foreign(), answeredAtLast(e),
		positions(e.Log), times(e.Log), versions(e.Log), eventIDs(e.Log), verified(e), rebuilt(e), approvals(e),
		inOrder(NameOnce, e.OnceTable, e.Log, exactlyOnce),
		plain("no server panicked", e.Panics), plain("every server came back", e.Fallen),
	}
	if len(e.Cuts) > 0 {
		return append(checks,
			atLast("live stream: at last every event", e.Stream, e.Log),
			atLast("subscriber outside of the transaction: at last every event", e.LeastFile, e.Log),
			atLast("relay: at last every event that is in the log", e.Relayed, e.Log),
			atLast("receiver: at last every event that is in the log", e.Received, e.Log))
	}
	return append(checks, Settled(e.Log, e.Provider),
		inOrder("live stream: every position in order, exactly once", e.Stream, e.Log, exactlyOnce),
		inOrder("subscriber outside of it: in order, at least once", e.LeastFile, e.Log, atLeastOnce),
		bySession("relay: every event, each session in order", e.Relayed, e.Log),
		bySession("receiver: every event, each session in order", e.Received, e.Log))
}

// NameOnce is the check of the subscriber that works within the transaction.
const NameOnce = "subscriber within the transaction: exactly once"

// Cut is where a failover cut the log off that loses what its standby lacked.
type Cut struct {
	Head int64
	At   time.Time
}

func plain(name string, faults []string) Check { return Check{name, len(faults), faults} }

func answeredAtLast(e Evidence) Check {
	return Check{"every webhook was acknowledged at last", len(e.Attempts), e.Missing}
}

// verified wants no finding, but for what a failover that loses commits has lost.
func verified(e Evidence) Check {
	c := Check{Name: "dossier verify is clean", Looked: len(e.Log)}
	if e.VerifyCode == 1 && len(e.Cuts) > 0 && onlyLost(e.VerifyText) {
		return c
	}
	if len(e.Cuts) > 0 {
		c.Name = "dossier verify finds nothing but where the log was cut back"
		if onlyCuts(e.VerifyText) {
			return c
		}
	}
	if e.VerifyCode != 0 {
		c.Faults = append(c.Faults, fmt.Sprintf("exit code %d: %s", e.VerifyCode, e.VerifyText))
	}
	return c
}

// onlyLost says that what verify prints has no other finding than log-cut-back.
func onlyLost(text string) bool {
	const lost = "log-cut-back"
	found := false
	for line := range strings.Lines(text) {
		if strings.Contains(line, ": expected ") && !strings.HasPrefix(line, lost) {
			return false
		}
		found = found || strings.HasPrefix(line, lost)
	}
	return found
}

// onlyCuts says that each line of what verify printed is its summary, or a finding of
// a log that was cut back.
func onlyCuts(text string) bool {
	for line := range strings.Lines(text) {
		var finding struct {
			Check   string          `json:"check"`
			Summary json.RawMessage `json:"summary"`
		}
		if json.Unmarshal([]byte(line), &finding) != nil || finding.Check != "log-cut-back" && finding.Summary == nil {
			return false
		}
	}
	return text != ""
}

func rebuilt(e Evidence) Check {
	c := Check{Name: "read models equal a rebuild", Faults: differences(e.Before, e.After)}
	for _, rows := range e.Before {
		c.Looked += len(rows)
	}
	return c
}

// Print writes the check as a line, and below it what does not hold.
func (c Check) Print(w io.Writer) {
	const most = 5
	verdict := "ok  "
	if len(c.Faults) > 0 {
		verdict = "FAIL"
	}
	fmt.Fprintf(w, "  %s %s (%d)\n", verdict, c.Name, c.Looked)
	for i, fault := range c.Faults {
		if i == most {
			fmt.Fprintf(w, "         and %d more\n", len(c.Faults)-most)
			return
		}
		fmt.Fprintf(w, "         %s\n", fault)
	}
}

// Losses counts the deliveries that were acknowledged and are not in the log,
// and those that are there more than once.
func Losses(e Evidence) (lost, doubled int) {
	b := newBook(e)
	for _, id := range b.ids {
		if len(b.own[id]) > 1 {
			doubled++
		}
		acks := standings(b.attempts[id], traffic.Acknowledged)
		if len(b.own[id]) == 0 && len(acks) > 0 && !b.excused(acks) {
			lost++
		}
	}
	return lost, doubled
}
