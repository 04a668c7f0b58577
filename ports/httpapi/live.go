package httpapi

import (
	"cmp"
	"sync"
	"time"
)

// What the zero value of Live stands for.
const (
	defaultStreams   = 2000
	defaultHeartbeat = 15 * time.Second
	defaultPatience  = 10 * time.Second
	// streamRetryAfter is how long a client waits that found no place.
	streamRetryAfter = 10 * time.Second
)

// Live says how live streams are served. The zero value takes the defaults.
type Live struct {
	// Closing is closed when the service begins to shut down, which ends the
	// streams: a shutdown waits for calls that are under way, and they would
	// never end. nil: they end with their calls only.
	Closing <-chan struct{}
	// Most is how many streams are served at once; 0: 2,000.
	Most int
	// Heartbeat is how often a stream shows that it is alive, and its token is
	// checked again; 0: 15 s.
	Heartbeat time.Duration
	// Patience is how long a client may take nothing of what is sent to it before
	// it is dropped; 0: 10 s.
	Patience time.Duration
	// Meter observes the streams; nil: nobody.
	Meter StreamMeter
}

// StreamMeter observes live streams.
type StreamMeter interface {
	// Streams reports how many there are, each time that changes.
	Streams(n int)
	// StreamEnded reports why one ended: client, slow, revoked, shutdown or fault.
	StreamEnded(why string)
}

// Why a stream ends.
const (
	endClient  = "client" // it went away
	endSlow    = "slow"   // it did not take what was sent
	endRevoked = "revoked"
	endClosing = "shutdown"
	endFault   = "fault"
)

func (l Live) withDefaults() Live {
	l.Most = cmp.Or(l.Most, defaultStreams)
	l.Heartbeat = cmp.Or(l.Heartbeat, defaultHeartbeat)
	l.Patience = cmp.Or(l.Patience, defaultPatience)
	if l.Meter == nil {
		l.Meter = noStreamMeter{}
	}
	return l
}

type noStreamMeter struct{}

func (noStreamMeter) Streams(int)        {}
func (noStreamMeter) StreamEnded(string) {}

// places counts the streams.
type places struct {
	most  int
	meter StreamMeter

	mu    sync.Mutex
	taken int
}

// enter takes a place, if there is one.
func (p *places) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken >= p.most {
		return false
	}
	p.taken++
	p.meter.Streams(p.taken)
	return true
}

// leave gives a place back. Why is empty if no stream began.
func (p *places) leave(why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.meter.Streams(p.taken)
	if why != "" {
		p.meter.StreamEnded(why)
	}
}
