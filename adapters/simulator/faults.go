package simulator

import (
	"math/rand/v2"
	"slices"
)

// sabotage works the faults of real traffic into a session's history. Moves
// change place before others are added, and a move that changed place is left
// alone, so that each fault stands for itself as far as possible.
func sabotage(cfg Config, rng *rand.Rand, s *session, moves []move) []move {
	f := faults{cfg: cfg, rng: rng, session: s}
	moves = f.late(moves)
	moves = f.reorder(moves)
	moves = f.intrude(moves)
	return f.duplicate(moves)
}

type faults struct {
	cfg     Config
	rng     *rand.Rand
	session *session
}

func (f faults) chance(p float64) bool { return f.rng.Float64() < p }

// late puts PENDING_VERIFICATIONs behind their results, as when the relay's
// first attempts did not get through.
func (f faults) late(moves []move) []move {
	for i := 0; i < len(moves); i++ {
		result, ok := resultOf(moves, i)
		if !ok || moves[i].displaced || !f.chance(f.cfg.Late) {
			continue
		}
		m := moves[i]
		m.class, m.attempt, m.trigger, m.displaced = Late, 2+f.rng.IntN(3), triggerAutomatic, true
		moves[result].displaced = true
		copy(moves[i:result], moves[i+1:result+1])
		moves[result] = m
		i-- // another move stands here now, which had no chance yet
	}
	return moves
}

// resultOf returns where the result of a PENDING_VERIFICATION is. There is none
// if another submission or a reset comes first.
func resultOf(moves []move, i int) (int, bool) {
	if moves[i].status != pending {
		return 0, false
	}
	for j := i + 1; j < len(moves); j++ {
		if moves[j].status == reset && moves[j].track == whole {
			return 0, false
		}
		if moves[j].track == moves[i].track {
			return j, moves[j].status != pending && moves[j].status != reset
		}
	}
	return 0, false
}

// reorder swaps neighbours, both on their first attempt. What the relay swaps
// came to it at nearly the same time, so the two stay close together.
func (f faults) reorder(moves []move) []move {
	for i := 0; i+1 < len(moves); i++ {
		if moves[i].displaced || moves[i+1].displaced || !f.chance(f.cfg.Reordered) {
			continue
		}
		moves[i], moves[i+1] = moves[i+1], moves[i]
		moves[i].displaced, moves[i+1].displaced = true, true
		moves[i].overtakes, moves[i+1].class = true, Reordered
		i++
	}
	return moves
}

// intrude adds moves that should not be there.
func (f faults) intrude(moves []move) []move {
	var out []move
	for _, m := range moves {
		out = append(out, m)
		if status := f.forbiddenAfter(m); status != "" && f.chance(f.cfg.Forbidden) {
			out = append(out, f.intruder(m.track, status, Forbidden))
		}
		if f.chance(f.cfg.Unknown) {
			out = append(out, f.intruder(m.track, pick(f.rng, undocumented()), Unknown))
		}
	}
	return out
}

// forbiddenAfter returns a status that must not follow a move on its track,
// empty if there is none that is forbidden for certain.
func (f faults) forbiddenAfter(m move) string {
	switch {
	case m.displaced:
		return ""
	case m.status == approved:
		return pending
	case m.status == rejected:
		return pick(f.rng, []string{pending, approved, resubmission})
	default:
		return ""
	}
}

func (f faults) intruder(track int, status string, class Class) move {
	m := newMove(f.rng, track, status)
	m.class = class
	if status == resubmission {
		m.reason = pick(f.rng, reasons())
	}
	return m
}

// duplicate delivers moves once more, a few places later.
func (f faults) duplicate(moves []move) []move {
	type copied struct {
		move
		after int // how many more moves pass before it
	}
	var out []move
	var waiting []copied
	for _, m := range moves {
		out = append(out, m)
		if f.chance(f.cfg.Duplicates) {
			waiting = append(waiting, copied{f.again(m), f.rng.IntN(4)})
		}
		waiting = slices.DeleteFunc(waiting, func(c copied) bool {
			if c.after == 0 {
				out = append(out, c.move)
			}
			return c.after == 0
		})
		for i := range waiting {
			waiting[i].after--
		}
	}
	for _, c := range waiting {
		out = append(out, c.move)
	}
	return out
}

// again returns a further attempt of a move: because the answer to the first
// was lost, or because somebody asked the relay for it.
func (f faults) again(m move) move {
	m.class, m.overtakes = Duplicate, false
	m.attempt += 1 + f.rng.IntN(2)
	m.trigger = pick(f.rng, []string{triggerAutomatic, triggerManual, triggerBulkRetry})
	return m
}
