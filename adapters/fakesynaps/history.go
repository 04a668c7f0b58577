package fakesynaps

import (
	"time"

	"dossier/domain/kyc"
)

// Turn is a session as it was from a time on.
type Turn struct {
	At      time.Time
	Session Session
}

// History returns what became of every session: as it was after each of its
// changes, oldest first. A test may compare with it what a receiver took for true
// at a time.
func (p *Provider) History() map[kyc.SessionID][]Turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[kyc.SessionID][]Turn, len(p.records))
	for id, r := range p.records {
		then := newRecord(r.app, r.life)
		for _, m := range r.moved {
			then.move(m.move)
			all[id] = append(all[id], Turn{m.at, then.truth()})
		}
	}
	return all
}

// FallBehind makes the API behind the webhooks by at least so long from now on:
// it takes back what it has shown already. 0 ends that.
func (p *Provider) FallBehind(by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behind = by
}
