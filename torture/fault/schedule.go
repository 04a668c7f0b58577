package fault

import (
	"iter"
	"math/rand/v2"
	"strings"
	"time"
)

// Planned is a fault of a schedule.
type Planned struct {
	Kind   Kind
	Victim int           // which server, of those that there are
	Hold   time.Duration // how long it lasts
	Jitter time.Duration // when in the moment that it aims at
}

// Round is one or two faults at once. The next begins when the service is back.
type Round struct {
	Number int
	Pause  time.Duration // of good service before it
	Faults []Planned
}

// String names the faults.
func (r Round) String() string {
	var names []string
	for _, p := range r.Faults {
		names = append(names, string(p.Kind))
	}
	return strings.Join(names, " and ")
}

const (
	longestPause  = 800 * time.Millisecond
	longestJitter = 60 * time.Millisecond
	shareOfPairs  = 0.3
)

// Schedule yields the rounds of a seed, without end. Each kind comes as often
// as the others; in a pair the kinds differ.
func Schedule(seed uint64, kinds []Kind, victims int) iter.Seq[Round] {
	return func(yield func(Round) bool) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var deck []Kind
		deal := func() Kind {
			if len(deck) == 0 {
				deck = append(deck, kinds...)
				rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
			}
			kind := deck[0]
			deck = deck[1:]
			return kind
		}
		for number := 1; ; number++ {
			r := Round{Number: number}
			r.Pause = time.Duration(rng.Int64N(int64(longestPause)))
			r.Faults = append(r.Faults, plan(rng, deal(), victims))
			if second := deal(); rng.Float64() < shareOfPairs && second != r.Faults[0].Kind {
				r.Faults = append(r.Faults, plan(rng, second, victims))
			} else {
				deck = append(deck, second)
			}
			if !yield(r) {
				return
			}
		}
	}
}

func plan(rng *rand.Rand, kind Kind, victims int) Planned {
	shortest, longest := kind.held()
	p := Planned{Kind: kind, Victim: rng.IntN(victims), Hold: shortest, Jitter: time.Duration(rng.Int64N(int64(longestJitter)))}
	if longest > shortest {
		share := rng.Float64()
		p.Hold += time.Duration(share * share * float64(longest-shortest)) // more short ones than long ones
	}
	return p
}
