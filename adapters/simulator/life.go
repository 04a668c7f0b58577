package simulator

import "math/rand/v2"

// How often things happen in a life.
const (
	anotherDocument = 0.10 // a submission is sent twice
	askedAgain      = 0.22 // a submission is not good enough
	otherWord       = 0.05 // that is said as SUBMISSION_REQUIRED
	strayReason     = 0.05 // a submission carries a reason, as in the provider's example
	gaveUp          = 0.60 // who stops does so when asked again, if ever asked
	autoTrouble     = 0.10 // an automatic service asks for something
	revoked         = 0.08 // an approval is taken back
	revokedForGood  = 0.30 // and the session is rejected with it
	stepReset       = 0.10 // a single step is reset after the approval, see author.resetsSteps
	maxAsked        = 3
	maxLives        = 3
)

// ending is how one life of a session ends.
type ending int

const (
	endsApproved ending = iota
	endsRejected
	endsAbandoned // the person just stops
)

// resets is how often an administrator resets a session after each ending.
func (e ending) resets() float64 {
	switch e {
	case endsRejected:
		return 0.30
	case endsAbandoned:
		return 0.15
	default:
		return 0.06
	}
}

// author writes the lives of one session: only moves that the state machine
// allows, and none that it would call a repetition.
type author struct {
	*session
	rng   *rand.Rand
	moves []move
	// resetsSteps says that single steps are reset, as v3 tells it in a word of
	// its own.
	resetsSteps bool
}

// write fills the session's history. Only v4 resets whole sessions: in v3 a
// RESET is that of a step.
func (a *author) write() {
	for life := 1; ; life++ {
		end := a.live()
		if a.v3 || life == maxLives || !a.chance(end.resets()) {
			return
		}
		a.tell(a.say(whole, reset))
	}
}

// live writes one life, from the first submission to its ending.
func (a *author) live() ending {
	end := a.pickEnding()
	moves := a.verification(end)
	switch end {
	case endsAbandoned:
		a.tell(a.abandon(moves)...)
		return end
	case endsRejected:
		a.tell(moves...)
		a.tellSession(rejected)
		return end
	default:
		a.tell(moves...)
		a.tellSession(approved)
		return a.aftermath()
	}
}

func (a *author) pickEnding() ending {
	switch p := a.rng.Float64(); {
	case p < 0.12:
		return endsAbandoned
	case p < 0.25:
		return endsRejected
	default:
		return endsApproved
	}
}

// verification returns what happens up to the session's own result: of a
// company the session track is all there is, so its result is left out.
func (a *author) verification(end ending) []move {
	if a.corporate {
		return a.submissions(whole)
	}
	failing := -1
	if end == endsRejected {
		failing = a.rng.IntN(len(a.steps))
	}
	scripts := make([][]move, len(a.steps))
	for i := range a.steps {
		result := approved
		if i == failing {
			result = rejected
		}
		scripts[i] = append(a.submissions(i), a.say(i, result))
	}
	return untilRejected(a.merge(scripts))
}

// submissions returns a track's way to its result, from the initial status.
func (a *author) submissions(track int) []move {
	var moves []move
	switch {
	case track == whole || !a.steps[track].automatic():
		moves = a.submit(track)
	case a.chance(autoTrouble):
		// Not SUBMISSION_REQUIRED: where nothing was submitted that is no news.
		moves = append([]move{a.say(track, resubmission)}, a.submit(track)...)
	default:
		return nil
	}
	for range maxAsked {
		if !a.chance(askedAgain) {
			break
		}
		moves = append(moves, a.say(track, a.askAgain()))
		moves = append(moves, a.submit(track)...)
	}
	return moves
}

func (a *author) submit(track int) []move {
	moves := []move{a.say(track, pending)}
	if a.chance(anotherDocument) {
		moves = append(moves, a.say(track, pending))
	}
	return moves
}

// askAgain returns the status for a submission that was not good enough.
func (a *author) askAgain() string {
	if !a.v3 && a.chance(otherWord) {
		return submission
	}
	return resubmission
}

// merge mixes the scripts of the steps and keeps each one's order. Steps that
// come first tend to happen first.
func (a *author) merge(scripts [][]move) []move {
	var merged []move
	for {
		var open []int
		for i, script := range scripts {
			if len(script) > 0 {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			return merged
		}
		i := open[min(a.rng.IntN(len(open)), a.rng.IntN(len(open)))]
		merged = append(merged, scripts[i][0])
		scripts[i] = scripts[i][1:]
	}
}

// abandon cuts the moves where the person stops.
func (a *author) abandon(moves []move) []move {
	if a.chance(gaveUp) {
		for i, m := range moves {
			if m.status == resubmission || m.status == submission {
				return moves[:i+1]
			}
		}
	}
	return moves[:1+a.rng.IntN(len(moves))]
}

// untilRejected cuts what would follow a rejection: with it a session is over.
func untilRejected(moves []move) []move {
	for i, m := range moves {
		if m.status == rejected {
			return moves[:i+1]
		}
	}
	return moves
}

// aftermath writes what may follow an approval, and returns how it ends.
func (a *author) aftermath() ending {
	switch {
	case a.chance(revoked):
		return a.revoke()
	case a.resetsSteps && !a.corporate && a.chance(stepReset):
		// The session stays approved meanwhile, so nothing is said of it.
		step := a.rng.IntN(len(a.steps))
		a.tell(a.say(step, reset))
		a.tell(a.submissions(step)...)
		a.tell(a.say(step, approved))
	}
	return endsApproved
}

// revoke takes an approval back: that of a step, where there are steps, and
// that of the session with it.
func (a *author) revoke() ending {
	tracks := []int{whole}
	if !a.corporate {
		tracks = []int{a.rng.IntN(len(a.steps)), whole}
	}
	course, end := []string{resubmission, pending, approved}, endsApproved
	if a.chance(revokedForGood) {
		course, end = []string{rejected}, endsRejected
	}
	for _, status := range course {
		for _, track := range tracks {
			a.tell(a.say(track, status))
		}
	}
	return end
}

func (a *author) tell(moves ...move)        { a.moves = append(a.moves, moves...) }
func (a *author) tellSession(status string) { a.tell(a.say(whole, status)) }
func (a *author) chance(p float64) bool     { return a.rng.Float64() < p }

// say makes a move, with a reason where the provider's contract asks for one.
func (a *author) say(track int, status string) move {
	m := newMove(a.rng, track, status)
	switch status {
	case resubmission, submission, rejected:
		m.reason = pick(a.rng, reasons())
	case pending:
		if a.chance(strayReason) {
			m.reason = pick(a.rng, reasons())
		}
	}
	return m
}

func newMove(rng *rand.Rand, track int, status string) move {
	return move{
		track: track, status: status, class: Normal, attempt: 1, trigger: triggerInitial,
		eventID: newRelayID(rng, "evt_"), requestID: newRelayID(rng, "req_"),
	}
}

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }
