package traffic

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"

	"dossier/adapters/simulator"
)

// delivery is one webhook that is sent until it is acknowledged.
type delivery struct {
	number  int
	session int // who sends it depends on it
	class   string
	eventID string
	body    []byte
	header  http.Header
	app     string
	secret  string
	refused bool // no server may take it, so it is sent once
}

const defaultApp = "default"

// endless is a number of sessions that no run comes to the end of.
const endless = 1 << 30

// plan yields the deliveries of a seed: the simulator's, with duplicates, late
// and reordered ones, and in between some that must be refused.
func plan(seed uint64, secret string) iter.Seq[delivery] {
	cfg := simulator.Config{
		Sessions: endless, Seed: seed, Corporate: 0.2, V3: 0.1,
		Duplicates: 0.05, Late: 0.05, Reordered: 0.05, Forbidden: 0.03, Unknown: 0.01,
	}
	return func(yield func(delivery) bool) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for d := range simulator.Plan(cfg) {
			planned := delivery{
				number: d.Number, session: d.Session, class: d.Class.String(), eventID: d.EventID,
				body: d.Body, header: d.Header(), app: defaultApp, secret: secret,
			}
			if !yield(planned) {
				return
			}
			if rng.IntN(50) == 0 && !yield(spoiled(planned, rng)) {
				return
			}
		}
	}
}

// spoiled makes of a delivery one that every server must refuse, under an id of
// its own.
func spoiled(d delivery, rng *rand.Rand) delivery {
	const tooLong = 70 << 10
	d.number, d.refused = -1-d.number, true
	d.eventID = fmt.Sprintf("spoiled-%d", -d.number)
	d.header = d.header.Clone()
	for _, name := range []string{"Idempotency-Key", simulator.DefaultHeaderPrefix + "-eventid"} {
		d.header.Set(name, d.eventID)
	}
	switch rng.IntN(3) {
	case 0:
		d.class, d.secret = "wrong secret", "not-the-secret-of-this-server"
	case 1:
		d.class, d.body = "half a body", d.body[:len(d.body)/2]
	default:
		d.class, d.body = "too long", append(bytes.Repeat([]byte(" "), tooLong), d.body...)
	}
	return d
}
