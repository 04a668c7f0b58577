package verdict

import (
	"fmt"
	"slices"
	"time"

	"dossier/torture/traffic"
)

// book has the attempts and the events of each delivery.
type book struct {
	ids      []string // of deliveries, in the order of their first answers
	attempts map[string][]traffic.Attempt
	own      map[string][]Event // outcomes: what follows from one is not its own
	log      []Event
	cuts     []Cut
}

func newBook(e Evidence) *book {
	b := &book{attempts: map[string][]traffic.Attempt{}, own: map[string][]Event{}, log: e.Log, cuts: e.Cuts}
	for _, a := range e.Attempts {
		if _, known := b.attempts[a.EventID]; !known {
			b.ids = append(b.ids, a.EventID)
		}
		b.attempts[a.EventID] = append(b.attempts[a.EventID], a)
	}
	for _, event := range e.Log {
		if event.Delivery != "" && event.Causation == "" && event.Actor == "" {
			b.own[event.Delivery] = append(b.own[event.Delivery], event)
		}
	}
	return b
}

// duplicate is the outcome of a delivery that was stored before.
const duplicate = "duplicate"

func standings(attempts []traffic.Attempt, s traffic.Standing) (all []traffic.Attempt) {
	for _, a := range attempts {
		if a.Standing == s {
			all = append(all, a)
		}
	}
	return all
}

// Names of the two checks that count what was lost and what was doubled.
const (
	NameAcknowledged = "each 200 is in the log exactly once, with its outcome"
	lost             = "lost: "
	doubled          = "doubled: "
)

// acknowledged: what was answered 200 is in the log once, where the answer said.
func (b *book) acknowledged() Check {
	c := Check{Name: NameAcknowledged}
	for _, id := range b.ids {
		acks := standings(b.attempts[id], traffic.Acknowledged)
		if len(acks) == 0 {
			continue
		}
		c.Looked++
		own := b.own[id]
		if b.excused(acks) && len(own) < 2 {
			continue
		}
		if len(own) == 0 {
			c.Faults = append(c.Faults, lost+id+told(acks[0]))
			continue
		}
		if len(own) > 1 {
			c.Faults = append(c.Faults, fmt.Sprintf("%s%s is at positions %d and %d", doubled, id, own[0].Position, own[1].Position))
		}
		for _, a := range acks {
			c.Faults = append(c.Faults, differs(a, own[0])...)
		}
	}
	return c
}

// excused says that an answer told of a position that a failover cut off later.
func (b *book) excused(acks []traffic.Attempt) bool {
	return slices.ContainsFunc(acks, func(a traffic.Attempt) bool {
		return slices.ContainsFunc(b.cuts, func(c Cut) bool { return a.Position > c.Head && a.Begun.Before(c.At) })
	})
}

// NotPromised counts the webhooks that were acknowledged and are not in the log,
// or elsewhere, because a failover may lose them.
func NotPromised(e Evidence) (n int) {
	b := newBook(e)
	for _, id := range b.ids {
		if acks := standings(b.attempts[id], traffic.Acknowledged); len(b.own[id]) == 0 && b.excused(acks) {
			n++
		}
	}
	return n
}

func told(a traffic.Attempt) string {
	return fmt.Sprintf(", answered %s at position %d by server %d at %s", a.Outcome, a.Position, a.Server+1, a.Ended().Format(time.RFC3339Nano))
}

// differs compares an answer with the event.
func differs(a traffic.Attempt, e Event) (faults []string) {
	if a.Position != e.Position || a.Version != e.Version {
		faults = append(faults, fmt.Sprintf("%s is at position %d, version %d%s, version %d", a.EventID, e.Position, e.Version, told(a), a.Version))
	}
	if a.Outcome != duplicate && !e.isOutcome(a.Outcome) {
		faults = append(faults, fmt.Sprintf("%s is a %s%s", a.EventID, e.Type, told(a)))
	}
	return faults
}

// duplicates: of the answers to one delivery at most one is no duplicate, and a
// duplicate has an attempt before it that may have written.
func (b *book) duplicates() Check {
	c := Check{Name: "a duplicate points to a first that was possible"}
	for _, id := range b.ids {
		acks := standings(b.attempts[id], traffic.Acknowledged)
		first := 0
		for _, a := range acks {
			if a.Outcome != duplicate {
				first++
				continue
			}
			c.Looked++
			if !b.couldFollow(a) {
				c.Faults = append(c.Faults, id+": a refused attempt had written"+told(a))
			}
		}
		if first > 1 && !b.excused(acks) {
			c.Faults = append(c.Faults, fmt.Sprintf("%s%s: %d answers say that they were the first", doubled, id, first))
		}
	}
	return c
}

// couldFollow says that another attempt, begun before this one's answer, may
// have written.
func (b *book) couldFollow(a traffic.Attempt) bool {
	return slices.ContainsFunc(b.attempts[a.EventID], func(other traffic.Attempt) bool {
		return other != a && other.Standing != traffic.Refused && other.Begun.Before(a.Ended())
	})
}

// refused: what every attempt was refused for before the commit is not there.
func (b *book) refused() Check {
	c := Check{Name: "nothing refused before the commit is in the log"}
	for _, id := range b.ids {
		if len(standings(b.attempts[id], traffic.Refused)) < len(b.attempts[id]) {
			continue
		}
		c.Looked++
		for _, e := range b.own[id] {
			c.Faults = append(c.Faults, fmt.Sprintf("%s is at position %d", id, e.Position))
		}
	}
	return c
}

// foreign: no delivery is in the log that nobody sent, and none of an unknown
// outcome twice.
func (b *book) foreign() Check {
	c := Check{Name: "an unknown outcome is in the log at most once, and nothing that nobody sent"}
	for id, own := range b.own {
		attempts, sent := b.attempts[id]
		c.Looked++
		switch {
		case !sent:
			c.Faults = append(c.Faults, fmt.Sprintf("%s at position %d was sent by nobody", id, own[0].Position))
		case len(own) > 1 && len(standings(attempts, traffic.Acknowledged)) == 0:
			c.Faults = append(c.Faults, fmt.Sprintf("%s%s is there %d times", doubled, id, len(own)))
		}
	}
	return c
}
