package verdict

import "fmt"

func positions(log []Event) Check {
	c := Check{Name: "positions are 1, 2, 3, ... without holes", Looked: len(log)}
	for i, e := range log {
		if e.Position != int64(i+1) {
			c.Faults = append(c.Faults, fmt.Sprintf("place %d of the log is position %d", i+1, e.Position))
			break
		}
	}
	return c
}

func times(log []Event) Check {
	c := Check{Name: "times never run backwards", Looked: len(log)}
	for i := 1; i < len(log); i++ {
		if log[i].RecordedAt < log[i-1].RecordedAt {
			c.Faults = append(c.Faults, fmt.Sprintf("position %d was recorded before the one ahead of it", log[i].Position))
		}
	}
	return c
}

func versions(log []Event) Check {
	c := Check{Name: "versions of each session are 1, 2, 3, ...", Looked: len(log)}
	reached := map[string]int64{}
	for _, e := range log {
		if e.Version != reached[e.Stream]+1 {
			c.Faults = append(c.Faults, fmt.Sprintf("position %d has version %d behind %d", e.Position, e.Version, reached[e.Stream]))
		}
		reached[e.Stream] = e.Version
	}
	return c
}

func eventIDs(log []Event) Check {
	c := Check{Name: "event ids are unique", Looked: len(log)}
	seen := map[string]int64{}
	for _, e := range log {
		if first, again := seen[e.EventID]; again {
			c.Faults = append(c.Faults, fmt.Sprintf("positions %d and %d have one id", first, e.Position))
		}
		seen[e.EventID] = e.Position
	}
	return c
}
