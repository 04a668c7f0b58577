package simulator

import (
	"iter"
	"math/rand/v2"
)

// window is how many sessions are alive at once. It does not depend on the
// concurrency: a seed has one plan.
const window = 1024

// Plan yields every delivery of a run, in order. It is pure: the same
// configuration gives the same deliveries, and iterating again starts again.
// Of the configuration it uses Sessions, Seed, the shares and rates of
// faults, HeaderPrefix and SigningSecret; what Validate would refuse of them
// gives a plan without meaning, but no panic.
//
// At most 1,024 sessions are alive at a time, and only those are in memory.
func Plan(cfg Config) iter.Seq[Delivery] {
	cfg = cfg.withDefaults()
	return func(yield func(Delivery) bool) {
		p := newPlanner(cfg)
		for d, ok := p.next(); ok; d, ok = p.next() {
			if !yield(d) {
				return
			}
		}
	}
}

// planner interleaves the sessions: the next delivery is that of any live one.
type planner struct {
	cfg     Config
	relay   relay
	rng     *rand.Rand
	live    []*session
	hurried bool // the session of the delivery before goes on at once
	current int  // its place among the live ones
	started int  // sessions
	planned int  // deliveries
}

func newPlanner(cfg Config) *planner {
	return &planner{
		cfg:   cfg,
		relay: relay{prefix: cfg.HeaderPrefix, key: []byte(cfg.SigningSecret)},
		// A generator of its own: what one session draws must not shift the order.
		rng: rand.New(rand.NewPCG(mix(cfg.Seed), 0)),
	}
}

func (p *planner) next() (Delivery, bool) {
	p.fill()
	if len(p.live) == 0 {
		return Delivery{}, false
	}
	if !p.hurried {
		p.current = p.rng.IntN(len(p.live))
	}
	s := p.live[p.current]
	m := s.moves[0]
	s.moves = s.moves[1:]
	p.hurried = (p.hurried || m.overtakes) && m.class != Reordered
	if len(s.moves) == 0 {
		p.live[p.current] = p.live[len(p.live)-1]
		p.live = p.live[:len(p.live)-1]
	}
	return p.delivery(s, m), true
}

// fill lets the next sessions begin as far as there is room for them.
func (p *planner) fill() {
	for len(p.live) < window && p.started < p.cfg.Sessions {
		p.live = append(p.live, newSession(p.cfg, p.started))
		p.started++
	}
}

func (p *planner) delivery(s *session, m move) Delivery {
	d := s.delivery(m, p.relay)
	d.Number, d.Last = p.planned, len(s.moves) == 0
	p.planned++
	return d
}

// delivery returns a move as the relay hands it over, with no place in a plan
// yet.
func (s *session) delivery(m move, relay relay) Delivery {
	return Delivery{
		Session: s.number, Class: m.class,
		EventID: m.eventID, Attempt: m.attempt, Trigger: m.trigger, Body: s.render(m),
		sessionID: s.id, requestID: m.requestID, origin: s.origin, relay: relay,
	}
}
