package fakesynaps

import (
	"cmp"
	"context"
	"iter"
	"math/rand/v2"

	"dossier/adapters/simulator"
)

// window is how many sessions are alive at once.
const window = 256

// Summary is what a call of Live did.
type Summary struct {
	simulator.Summary     // of the webhooks that were sent
	Changes           int `json:"changes"`   // that were made
	Untold            int `json:"untold"`    // of which no webhook was accepted
	Overtaken         int `json:"overtaken"` // of which a webhook told after a later one
}

// Live lets Config.Sessions further sessions live from their first submission to
// their end, and sends their webhooks to a URL, with its secret. The webhooks of
// one session go out one after another, each until it is accepted, refused for
// good, or out of attempts. What ctx ends early stays as it is then. Calls wait
// for each other. The errors are those of [simulator.Run]; the summary is valid
// whatever the error is.
func (p *Provider) Live(ctx context.Context, target string) (Summary, error) {
	p.living.Lock()
	defer p.living.Unlock()
	before := p.summary()
	hands := p.hands()
	sent, err := simulator.Send(ctx, p.cfg.traffic(target), p.play(ctx, hands), func(d simulator.Delivery, accepted bool) {
		p.told(d, accepted)
		hands.free()
	})
	after := p.summary()
	return Summary{
		Summary: sent, Changes: after.Changes - before.Changes, Untold: after.Untold - before.Untold,
		Overtaken: after.Overtaken - before.Overtaken,
	}, err
}

func (p *Provider) summary() Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Summary{Changes: p.changes, Untold: len(p.untold), Overtaken: len(p.overtaken)}
}

// hands send webhooks, one each.
type hands chan struct{}

// hands returns those of a run. If the API lags there are as many as webhooks may
// be under way: else changes would be made long before their webhooks go out, and
// the API would be ahead. Without a lag they are as many as one likes.
func (p *Provider) hands() hands {
	if p.cfg.Lag == 0 {
		return nil
	}
	return make(hands, cmp.Or(p.cfg.Concurrency, simulator.DefaultConcurrency))
}

// take waits for a hand; ok is false if ctx ends first.
func (h hands) take(ctx context.Context) (ok bool) {
	if h == nil {
		return true
	}
	select {
	case h <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h hands) free() {
	if h != nil {
		<-h
	}
}

// play makes the changes of the next sessions as the webhooks of those before
// are taken, and yields the webhooks in the order in which they go out.
func (p *Provider) play(ctx context.Context, hands hands) iter.Seq[simulator.Delivery] {
	return func(yield func(simulator.Delivery) bool) {
		s := stage{provider: p, left: p.cfg.Sessions, rng: p.order()}
		number := 0
		for script, b, ok := s.next(); ok; script, b, ok = s.next() {
			if !hands.take(ctx) {
				return
			}
			p.happen(script, b)
			hands.free()
			for i, t := range b.tellings {
				t.Number, t.Last = number, i == len(b.tellings)-1 && script.silent()
				number++
				if !hands.take(ctx) || !yield(t.Delivery) {
					return
				}
			}
		}
	}
}

// order returns the generator of the order of the sessions' changes among each
// other.
func (p *Provider) order() *rand.Rand {
	p.mu.Lock()
	defer p.mu.Unlock()
	return rand.New(rand.NewPCG(p.cfg.Seed, ^uint64(p.born)))
}

// stage holds the sessions that are alive: the next beat is that of any.
type stage struct {
	provider *Provider
	rng      *rand.Rand
	left     int // sessions that have not begun
	alive    []*script
}

func (s *stage) next() (*script, beat, bool) {
	for ; s.left > 0 && len(s.alive) < window; s.left-- {
		s.alive = append(s.alive, s.provider.begin())
	}
	if len(s.alive) == 0 {
		return nil, beat{}, false
	}
	i := s.rng.IntN(len(s.alive))
	script := s.alive[i]
	b := script.beats[0]
	script.beats = script.beats[1:]
	if len(script.beats) == 0 {
		s.alive[i] = s.alive[len(s.alive)-1]
		s.alive = s.alive[:len(s.alive)-1]
	}
	return script, b, true
}

// silent says that no webhook of a session is left.
func (s *script) silent() bool {
	for _, b := range s.beats {
		if len(b.tellings) > 0 {
			return false
		}
	}
	return true
}
