package simulator

import (
	"math/rand/v2"

	"dossier/domain/kyc"
)

// Life is all that happens to one session, as its provider knows it: without
// the faults of what is delivered of it.
type Life struct {
	Number    int // its place among the sessions, from 0
	Session   kyc.SessionID
	Corporate bool
	Steps     []Step // of a person's session; a company's has none that webhooks tell of
	Moves     []Move // in the order in which they happen
}

// Step is one step of a session.
type Step struct {
	ID      kyc.StepID
	Service kyc.Service
}

// Move is one change of a session, or of one of its steps.
type Move struct {
	Step     kyc.StepID  // empty: the session itself
	Trigger  kyc.Trigger // what the provider does
	Reason   string
	Delivery Delivery // the first attempt of its webhook, without a place in a plan
}

// NewLife makes up a life in the words of v4. All of it follows from the seed
// and the number. Of the configuration it uses Seed, Corporate, HeaderPrefix
// and SigningSecret.
//
// The session of a person has a status of its own, which follows from its steps
// and of which webhooks tell as they do of the steps: it is REJECTED if any step
// is, RESUBMISSION_REQUIRED if any is, APPROVED once all are and until one of
// them is refused again, and PENDING_VERIFICATION from the first submission on.
// It returns to SUBMISSION_REQUIRED by a reset only.
func NewLife(cfg Config, number int) Life {
	cfg = cfg.withDefaults()
	cfg.V3 = 0
	rng := rand.New(rand.NewPCG(mix(cfg.Seed), mix(uint64(number))))
	s := &session{number: number, id: newSessionID(rng)}
	s.describe(rng, cfg)
	a := &author{session: s, rng: rng, resetsSteps: true}
	a.write()
	if !s.corporate {
		a.deriveSession()
	}
	return s.life(a.moves, relay{prefix: cfg.HeaderPrefix, key: []byte(cfg.SigningSecret)})
}

func (s *session) life(moves []move, relay relay) Life {
	l := Life{Number: s.number, Session: kyc.SessionID(s.id), Corporate: s.corporate}
	for _, step := range s.steps {
		l.Steps = append(l.Steps, Step{ID: kyc.StepID(step.id), Service: kyc.Service(step.service)})
	}
	for _, m := range moves {
		l.Moves = append(l.Moves, Move{
			Step: s.stepID(m.track), Trigger: done(m.status), Reason: m.reason, Delivery: s.delivery(m, relay),
		})
	}
	return l
}

func (s *session) stepID(track int) kyc.StepID {
	if track == whole {
		return ""
	}
	return kyc.StepID(s.steps[track].id)
}

// done is what the provider does when it says a status: it asks for another
// submission in two words.
func done(status string) kyc.Trigger {
	if status == submission {
		status = resubmission
	}
	trigger, _ := kyc.ParseTrigger(status) // the words of v4 are those of the domain
	return trigger
}

// deriveSession writes what happens to the session itself into a life of its
// steps, in place of what the author said of it.
func (a *author) deriveSession() {
	moves := a.moves
	a.moves = nil
	own, steps := submission, initial(len(a.steps))
	for _, m := range moves {
		switch {
		case m.track != whole:
			a.tell(m)
			steps[m.track] = standing(m.status)
			if next := sessionStatus(own, steps); next != own {
				own = next
				a.tellSession(next)
			}
		case m.status == reset:
			a.tell(m)
			own, steps = submission, initial(len(a.steps))
		}
	}
}

func initial(steps int) []string {
	all := make([]string, steps)
	for i := range all {
		all[i] = submission
	}
	return all
}

// standing is where a step stands once the provider said a status.
func standing(status string) string {
	switch status {
	case reset:
		return submission
	case submission:
		return resubmission
	default:
		return status
	}
}

// sessionStatus is where a session stands after it stood at a status and its
// steps moved. An approved one stays so while a single step is done once more.
func sessionStatus(before string, steps []string) string {
	count := map[string]int{}
	for _, status := range steps {
		count[status]++
	}
	switch {
	case count[rejected] > 0:
		return rejected
	case count[resubmission] > 0:
		return resubmission
	case before == approved || count[approved] == len(steps):
		return approved
	case count[submission] == len(steps):
		return submission
	default:
		return pending
	}
}
