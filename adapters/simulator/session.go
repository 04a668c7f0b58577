package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
)

// whole is the track of the session itself; steps are numbered from 0.
const whole = -1

// session is one session of the plan, with all that will be told of it. A few
// dozen moves at most, so that keeping a thousand sessions is cheap.
type session struct {
	number    int
	id        string
	origin    string
	corporate bool
	v3        bool
	numeric   bool // step ids are JSON numbers
	steps     []step
	moves     []move // what is left to deliver, in order
}

// step is one step of a session.
type step struct {
	service string
	id      string
}

// automatic says that a result of the step comes without a submission that a
// receiver would see.
func (s step) automatic() bool {
	return s.service == "PHONE" || s.service == "EMAIL" || s.service == "AML"
}

// move is one delivery of a session before it is rendered.
type move struct {
	track     int
	status    string // in the words of v4
	reason    string
	class     Class
	displaced bool // it or its neighbour changed place: no further fault touches it
	overtakes bool // the one that it overtook follows at once
	eventID   string
	requestID string
	attempt   int
	trigger   string
}

// newSession makes up a session. All of it follows from the seed and the
// number, so sessions are independent of each other and of how many there are.
func newSession(cfg Config, number int) *session {
	rng := rand.New(rand.NewPCG(mix(cfg.Seed), mix(uint64(number))))
	s := &session{number: number, id: newSessionID(rng)}
	s.describe(rng, cfg)
	a := &author{session: s, rng: rng, resetsSteps: s.v3}
	a.write()
	s.moves = sabotage(cfg, rng, s, a.moves)
	return s
}

// describe makes up all of a session but its life.
func (s *session) describe(rng *rand.Rand, cfg Config) {
	s.origin = fmt.Sprintf("203.0.113.%d", 1+rng.IntN(8)) // documentation addresses
	s.corporate = rng.Float64() < cfg.Corporate
	s.v3 = rng.Float64() < cfg.V3
	s.numeric = rng.Float64() < 0.25
	if !s.corporate {
		s.steps = newSteps(rng, services(rng, s.v3))
	}
}

// mix spreads the bits of a number (the finalizer of splitmix64): numbers that
// follow each other shall not start generators that resemble each other.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// newSessionID returns an id like the provider's: groups of 8, 4, 4, 4 and 8
// hexadecimal digits, which is not a UUID.
func newSessionID(rng *rand.Rand) string {
	h := fmt.Sprintf("%016x%012x", rng.Uint64(), rng.Uint64()>>16)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newRelayID returns an id like the relay's: twenty letters and digits, ten
// from each number drawn.
func newRelayID(rng *rand.Rand, prefix string) string {
	id := []byte(prefix)
	for range 2 {
		bits := rng.Uint64()
		for range 10 {
			id = append(id, alphabet[bits%uint64(len(alphabet))])
			bits /= uint64(len(alphabet))
		}
	}
	return string(id)
}

// services returns the services of a person's steps, in the order in which the
// person goes through them. Now and then one is there twice.
func services(rng *rand.Rand, v3 bool) []string {
	identity, address := "ID_DOCUMENT", "PROOF_OF_ADDRESS"
	if v3 {
		identity, address = "IDENTITY", "RESIDENCY"
	}
	chosen := []string{"LIVENESS", identity}
	for _, optional := range []string{address, "PHONE", "EMAIL", "AML"} {
		if rng.Float64() < 0.5 {
			chosen = append(chosen, optional)
		}
	}
	if rng.Float64() < 0.15 {
		chosen = slices.Insert(chosen, 2, identity)
	}
	return chosen
}

func newSteps(rng *rand.Rand, services []string) []step {
	first := 1_000_000 + rng.IntN(8_000_000)
	steps := make([]step, len(services))
	for i, service := range services {
		steps[i] = step{service: service, id: strconv.Itoa(first + i)}
	}
	return steps
}
