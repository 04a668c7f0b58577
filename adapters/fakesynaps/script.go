package fakesynaps

import (
	"math/rand/v2"

	"dossier/adapters/simulator"
)

// furthest is how many changes later a delayed or duplicated webhook comes at
// the most.
const furthest = 4

// telling is one webhook on its way.
type telling struct {
	simulator.Delivery
	move      int  // of the life
	overtaken bool // a later change of the same track was told before
}

// beat is what happens to a session at once: a change, and the webhooks that go
// out then.
type beat struct {
	move     int // of the life; -1: none
	tellings []telling
}

// script is the life of a session with what becomes of its webhooks.
type script struct {
	record *record
	beats  []beat // what is left, in order
}

// newScript decides what becomes of each webhook of a life.
func newScript(cfg Config, r *record, rng *rand.Rand) *script {
	w := writer{cfg: cfg, rng: rng, moves: r.life.Moves, exchanged: -1}
	last := len(w.moves) // behind the last change: what was still on its way then
	w.own, w.held = make([][]telling, last+1), make([][]telling, last+1)
	for i := range w.moves {
		w.send(i)
	}
	s := &script{record: r}
	for i := range w.own {
		move := i
		if i == last {
			move = -1
		}
		s.beats = append(s.beats, beat{move: move, tellings: append(w.own[i], w.held[i]...)})
	}
	markOvertaken(w.moves, s.beats)
	return s
}

// writer sorts the webhooks of a life by the change after which they go out:
// that change's own first, then those which it overtook.
type writer struct {
	cfg       Config
	rng       *rand.Rand
	moves     []simulator.Move
	own, held [][]telling
	exchanged int // the move that overtook the one before; -1: none
}

func (w *writer) send(i int) {
	// Each fault is drawn whether or not it counts, so that one rate does not
	// shift what the others do.
	lost, late, swapped := w.chance(w.cfg.Loss), w.chance(w.cfg.Delay), w.chance(w.cfg.Reorder)
	again, behind, copied := w.chance(w.cfg.Duplicates), 1+w.rng.IntN(furthest), w.rng.IntN(furthest+1)
	if lost {
		return
	}
	t, at := telling{Delivery: w.moves[i].Delivery, move: i}, i
	switch {
	case late:
		at += behind
		t.Class, t.Attempt, t.Trigger = simulator.Late, 1+behind, "AUTOMATIC"
	case swapped && i+1 < len(w.moves) && w.exchanged != i:
		at, w.exchanged = i+1, i+1
		t.Class = simulator.Reordered
	}
	if at == i {
		w.own[i] = append(w.own[i], t)
	} else {
		w.hold(at, t)
	}
	if again {
		t.Delivery = t.Again()
		t.Class = simulator.Duplicate
		w.hold(at+copied, t)
	}
}

func (w *writer) hold(at int, t telling) {
	at = min(at, len(w.moves))
	w.held[at] = append(w.held[at], t)
}

func (w *writer) chance(p float64) bool { return w.rng.Float64() < p }

// markOvertaken marks the first webhook of each change which a later one of the
// same track came before.
func markOvertaken(moves []simulator.Move, beats []beat) {
	var told []int
	for _, b := range beats {
		for j := range b.tellings {
			t := &b.tellings[j]
			for _, before := range told {
				if before > t.move && change("", moves[before]).overlaps(change("", moves[t.move])) {
					t.overtaken = t.Class != simulator.Duplicate
				}
			}
			told = append(told, t.move)
		}
	}
}
