package fakesynaps

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"dossier/adapters/simulator"
	"dossier/domain/kyc"
)

// Provider is a fake Synaps. It is safe for concurrent use.
type Provider struct {
	cfg    Config
	living sync.Mutex // one call of Live at a time

	mu        sync.Mutex
	records   map[kyc.SessionID]*record
	born      int               // sessions that began to live, over all calls of Live
	changes   int               // that were made
	untold    map[string]Change // by event id
	overtaken []Change
	fault     Fault         // of every answer; the zero value: only those at their rate
	behind    time.Duration // at least, see FallBehind
	asked     uint64
}

// New returns a provider that has no session yet: they begin to live by
// [Provider.Live]. The error names every fault of the configuration.
func New(cfg Config) (*Provider, error) {
	if cfg.App == "" {
		cfg.App = kyc.DefaultApp
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("fake Synaps: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Provider{cfg: cfg, records: map[kyc.SessionID]*record{}, untold: map[string]Change{}}, nil
}

// Truth returns every session as the API would show it now if it did not lag, by
// number.
func (p *Provider) Truth() []Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Session, 0, len(p.records))
	for _, r := range p.records {
		all = append(all, r.truth())
	}
	slices.SortFunc(all, func(a, b Session) int { return a.Number - b.Number })
	return all
}

// Untold returns the changes of which no receiver has accepted a webhook: it was
// lost, is still on its way, or was given up after many attempts. Their order
// says nothing.
func (p *Provider) Untold() []Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.untold))
}

// Overtaken returns the changes of which a webhook told only after it had told
// of a later one of the same track. Nothing in a webhook says so, unless its
// attempt does.
func (p *Provider) Overtaken() []Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.overtaken)
}

// begin lets the next session begin its life.
func (p *Provider) begin() *script {
	p.mu.Lock()
	number := p.born
	p.born++
	p.mu.Unlock()
	r := newRecord(p.cfg.App, simulator.NewLife(p.cfg.traffic(""), number))
	r.lag = p.lagOf(number)
	// A generator of its own: the rates must not change what sessions live.
	s := newScript(p.cfg, r, rand.New(rand.NewPCG(^p.cfg.Seed, uint64(number))))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records[r.life.Session] = r
	return s
}

// happen makes the change of a beat, and notes what its webhooks will tell of.
func (p *Provider) happen(s *script, b beat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.move >= 0 {
		m := s.record.life.Moves[b.move]
		s.record.happen(m, p.now())
		p.changes++
		p.untold[m.Delivery.EventID] = change(s.record.life.Session, m)
	}
	for _, t := range b.tellings {
		if t.overtaken {
			p.overtaken = append(p.overtaken, change(s.record.life.Session, s.record.life.Moves[t.move]))
		}
	}
}

func (p *Provider) now() time.Time { return p.cfg.Now() }

// lagOf returns how far the API is behind with a session: a generator of its own,
// for the lag must not change what sessions live.
func (p *Provider) lagOf(number int) time.Duration {
	if !p.cfg.LagVaries || p.cfg.Lag == 0 {
		return p.cfg.Lag
	}
	return time.Duration(rand.New(rand.NewPCG(p.cfg.Seed+2, uint64(number))).Int64N(int64(p.cfg.Lag) + 1))
}

// told notes that a webhook was accepted.
func (p *Provider) told(d simulator.Delivery, accepted bool) {
	if !accepted {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.untold, d.EventID)
}

func change(session kyc.SessionID, m simulator.Move) Change {
	return Change{session, m.Step, m.Trigger}
}

// String says nothing of the sessions and the key.
func (p *Provider) String() string { return p.cfg.String() }

// GoString returns the same as String.
func (p *Provider) GoString() string { return p.String() }
