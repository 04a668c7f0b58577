package storetest_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dossier/adapters/storetest"
	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/relay"
	"dossier/domain/kyc"
)

// memory is a database in memory: what is stored, and the locks. It does what
// its fault says instead of what it should.
type memory struct {
	fault fault

	log     sync.Mutex   // the log's lock: held from before a decision to after its commit
	waiting atomic.Int32 // appends that wait for it
	grown   eventlog.Broadcast

	mu         sync.RWMutex // guards what follows
	events     []eventlog.Recorded
	positions  int64 // that were given out, for the faults that give them out early
	deliveries map[deliveryKey][]delivery
	refusing   bool
	away       bool  // the standby
	certain    int64 // the last position that it has, while it is away
	tokens     []access.Token
	ever       int // tokens that there ever were
	tree       tree
	settings   map[string]string
	accesses   []accesslog.Recorded
	groups     map[consumer.ID]consumer.Group
	generation map[consumer.ID]int64
	holds      map[consumer.ID]consumer.Hold
	deferred   map[string]map[int64]relay.Deferred // by relay and position

	models sync.Mutex // held during a step
	rows   rows
	beside rows // of builds; their checkpoints are among those of rows
}

type deliveryKey struct {
	app kyc.App
	id  string
}

type delivery struct {
	sha256  [32]byte
	receipt eventlog.Receipt
	at      time.Time
}

// rows are the read models and their checkpoints.
type rows struct {
	checkpoints map[string]checkpoint
	sessions    map[eventlog.Stream]projection.Session
	steps       map[projection.StepRow]bool
	flags       map[int64]projection.Flag
	stats       statistics
	build       int64
}

type checkpoint struct {
	version  string
	position int64
	build    int64
}

func newMemory(f fault) *memory {
	return &memory{
		fault: f, deliveries: map[deliveryKey][]delivery{}, settings: map[string]string{}, rows: emptyRows(f), beside: emptyRows(f),
		groups: map[consumer.ID]consumer.Group{}, generation: map[consumer.ID]int64{}, holds: map[consumer.ID]consumer.Hold{}, deferred: map[string]map[int64]relay.Deferred{},
	}
}

// backend is the memory as a backend with a fault.
func backend(f fault) storetest.Backend {
	return storetest.Backend{
		New:              func(testing.TB) storetest.Database { return newMemory(f) },
		NewReplicated:    func(testing.TB) storetest.Replicated { return newMemory(f) },
		Wakes:            true,
		Attacks:          []string{"DELETE"},
		AccessAttacks:    []string{"FORGET"},
		RefuseDeliveries: []string{"REFUSE"},
		AcceptDeliveries: []string{"ACCEPT"},
	}
}

// Open implements storetest.Database.
func (m *memory) Open(_ context.Context, o storetest.Options) (storetest.Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &store{db: m, options: o, queue: make(chan *pending, queueSize), closing: make(chan struct{})}
	if m.fault == leaksGoroutines {
		go func() { select {} }()
	}
	return s, nil
}

var errAttack = errors.New("the logs are append-only")

// Exec implements storetest.Database. It knows four statements.
func (m *memory) Exec(_ context.Context, statement string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case statement == "REFUSE":
		m.refusing = true
	case statement == "ACCEPT":
		m.refusing = false
	case strings.HasPrefix(statement, "DELETE") && m.fault == allowsDelete:
		m.events = m.events[:0]
	case statement == "FORGET" && m.fault == forgetsAccesses:
		m.accesses = m.accesses[:len(m.accesses)-1]
	default:
		return errAttack
	}
	return nil
}

// Away implements storetest.Replicated.
func (m *memory) Away(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away, m.certain = true, int64(len(m.events))
	return nil
}

// Back implements storetest.Replicated.
func (m *memory) Back(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = false
	m.grown.Notify()
	return nil
}

// lacks says whether the standby lacks an event. The caller holds mu.
func (m *memory) lacks(position int64) bool { return m.away && position > m.certain }

// Blocked implements storetest.Database.
func (m *memory) Blocked(context.Context) (bool, error) { return m.waiting.Load() > 0, nil }

// lock takes the log's lock.
func (m *memory) lock() {
	m.waiting.Add(1)
	m.log.Lock()
	m.waiting.Add(-1)
}

// session folds a stream.
func (m *memory) session(s eventlog.Stream) *kyc.Session {
	m.mu.RLock()
	defer m.mu.RUnlock()
	session := kyc.NewSession()
	for _, e := range m.events {
		if e.Stream == s {
			session.Apply(e.Event, e.Mark())
		}
	}
	return session
}
