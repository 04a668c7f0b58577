package evidence

import (
	"fmt"
	"maps"
	"slices"

	"dossier/application/translog"
	"dossier/domain/kyc"
)

// Verifier verifies files, with nothing but them and the key of the log.
type Verifier struct {
	// Key is the log's verifier key, as text.
	Key string
	// Kept are signed checkpoints that were kept from other times.
	Kept []Kept
	// Machine is that of this program.
	Machine *kyc.Machine
	// Decode reads stored events.
	Decode func(name, data string) (kyc.Event, error)
}

// Kept is a signed checkpoint that was kept.
type Kept struct {
	Name string // such as that of its file
	Note []byte
}

// Bundle verifies a bundle. It returns ErrTruncated, ErrMalformed or ErrFormat
// for what is none, and translog.ErrKey; all else is in the report.
func (v Verifier) Bundle(text []byte) (Report, error) {
	if err := CheckKey(v.Key); err != nil {
		return Report{}, err
	}
	b, err := ParseBundle(text)
	if err != nil {
		return Report{}, err
	}
	c := &check{Verifier: v, Bundle: b}
	c.Report = newReport(fmt.Sprintf("evidence of a session of the app %s, with %s, exported at %s by %s",
		b.App, count(len(b.Events), "event"), b.ExportedAt, shownProgram(b.Program)))
	c.checkpointIsSigned()
	included := c.eventsAreIncluded()
	c.versionsAreWhole(included)
	stated := c.statementHolds()
	c.stateIsTheFold(stated)
	c.machineIsOurs(stated)
	c.keptAgrees()
	c.leave("that what was recorded is true: the log proves what was received and decided, and when, not what a provider saw")
	return c.Report, nil
}

// CheckKey returns translog.ErrKey for a text that is no verifier key.
func CheckKey(key string) error {
	if _, err := translog.Open(nil, key); err == translog.ErrKey {
		return err
	}
	return nil
}

// check is the verification of one bundle.
type check struct {
	Verifier
	Bundle
	Report
	checkpoint translog.Checkpoint
	trusted    bool // the checkpoint is signed by the key
	tried      int  // proofs of other events, for one that does not fit
}

// maxTries bounds the search for the right proof, which would take as long as
// the square of the events in a file that is made for it.
const maxTries = 10_000

func (c *check) checkpointIsSigned() {
	c.checkpoint, c.trusted = c.opened(c.Bundle.Checkpoint, c.Key, "the checkpoint")
}

// opened opens a signed checkpoint, or finds why it can't be.
func (r *Report) opened(signed, key, name string) (translog.Checkpoint, bool) {
	opened, err := translog.OpenCheckpoint([]byte(signed), key)
	if err == nil {
		r.prove("%s of %s is signed by the key %s", name, count(opened.Size, "event"), keyName(key))
		return opened, true
	}
	if _, err := translog.Open([]byte(signed), key); err == nil {
		r.find(0, 0, "%s is signed by the key, and is no checkpoint of its log", name)
	} else {
		r.find(0, 0, "%s %s", name, unsigned(signed, key))
	}
	return translog.Checkpoint{}, false
}

func (c *check) eventsAreIncluded() bool {
	if !c.trusted {
		c.leave("that the events are in the log: the checkpoint is not the key's")
		return false
	}
	before := len(c.Findings)
	for i := range c.Events {
		c.eventIsIncluded(i)
	}
	if n := len(c.Events); len(c.Findings) == before {
		c.prove("%s at the positions %s %s included in the tree of %d", count(n, "event"), span(c.Events), are(n), c.checkpoint.Size)
	} else if n > 1 && len(c.Findings) == min(before+n, maxFindings+1) {
		c.leave("which of the events were changed: no proof fits this checkpoint, which may be another than that of the export")
	}
	return len(c.Findings) == before
}

func (c *check) eventIsIncluded(i int) {
	e := c.Events[i]
	switch {
	case e.stream() != c.stream():
		c.find(e.Position, e.Version, "a foreign event: it is of another session")
	case e.Position > c.checkpoint.Size:
		c.find(e.Position, e.Version, "the checkpoint covers the positions 1 to %d only: it is older than the event", c.checkpoint.Size)
	case translog.CheckInclusion(c.checkpoint, e.Position, e.leaf(), e.proof()) == nil:
	default:
		if other := c.proofOf(e); other != 0 {
			c.find(e.Position, e.Version, "it carries the wrong proof: its own is beside position %d", other)
			return
		}
		c.find(e.Position, e.Version, "the event is not what the log has there: a byte of it was changed, or of its proof, or it is of another session")
	}
}

// proofOf returns the position beside which the proof of an event stands; 0 if
// there is none.
func (c *check) proofOf(e Proven) int64 {
	leaf := e.leaf()
	for _, other := range c.Events {
		if c.tried++; c.tried > maxTries {
			return 0
		}
		if translog.CheckInclusion(c.checkpoint, e.Position, leaf, other.proof()) == nil {
			return other.Position
		}
	}
	return 0
}

// versionsAreWhole finds gaps, and events that stand out of order. Versions of
// events that are not those of the log prove nothing.
func (c *check) versionsAreWhole(included bool) {
	before, last := len(c.Findings), int64(0)
	seen := make(map[int64]bool, len(c.Events))
	for _, e := range c.Events {
		switch {
		case e.Version < 1:
			c.find(e.Position, e.Version, "versions begin with 1")
		case seen[e.Version]:
			c.find(e.Position, e.Version, "the version is there twice")
		case e.Version < last:
			c.find(e.Position, e.Version, "events were reordered: it stands behind version %d", last)
		}
		seen[e.Version] = true
		last = max(last, e.Version)
	}
	next := int64(1)
	for _, version := range slices.Sorted(maps.Keys(seen)) {
		if version > next {
			c.find(0, 0, "%s missing: an event was removed", missing(next, version-1))
		}
		next = version + 1
	}
	if len(c.Findings) == before && included {
		c.prove("the versions 1 to %d are there, each once and in order", last)
	}
}

// stateIsTheFold folds the events and compares. That they give the state proves it
// only if all of them are there, and the rules are the operator's.
func (c *check) stateIsTheFold(whole bool) {
	session := kyc.NewSession()
	for _, e := range c.Events {
		event, err := c.Decode(e.Type, e.Data)
		if err != nil {
			c.find(e.Position, e.Version, "this program can't read the event")
			c.leave("that the state follows from the events: not all of them can be read")
			return
		}
		session.Apply(event, e.recorded().Mark())
	}
	rules, _ := c.Rules.rules()
	derived := derive(c.stream(), session, rules)
	differing := differingFields(c.Session, derived)
	for _, text := range differing {
		c.find(0, 0, "the state is not what the events give: %s", text)
	}
	switch {
	case len(differing) > 0:
	case whole:
		c.prove("the state, %s at version %d, is what the events give under the stated rules", derived.Status, derived.Version)
	default:
		c.leave("the state, %s at version %d: the events of the file give it by the rules of the file, and both may have been picked for it",
			derived.Status, derived.Version)
	}
}

// statementHolds says whether the log's key signed the whole of the bundle.
func (c *check) statementHolds() bool {
	if c.Statement == "" {
		c.unstated = true
		c.leave("that these are all events that the session had: there is no statement of the log's key, and the last ones may have been left out")
		c.leave("the rules, the time of the export, the program and the machine's table: without a statement they are the word of whoever made the file")
		return false
	}
	text, err := translog.Open([]byte(c.Statement), c.Key)
	if err != nil {
		c.find(0, 0, "the statement %s", unsigned(c.Statement, c.Key))
		return false
	}
	stated, err := parseStatement(text)
	if err != nil {
		c.find(0, 0, "the statement is signed by the key, and is none about evidence")
		return false
	}
	if !c.trusted {
		c.find(0, 0, "the statement can't be compared: the checkpoint is not the key's")
		return false
	}
	differing := stated.differences(statementOf(c.Bundle, c.checkpoint.Size))
	for _, text := range differing {
		c.find(0, 0, "%s", text)
	}
	if len(differing) > 0 {
		return false
	}
	c.prove("the key states that these are all events that the session had when the log had %d, and that the state, its rules, "+
		"the machine's table and the time of the export are as it wrote them", c.checkpoint.Size)
	return true
}

// machineIsOurs compares the tables. Another one is no finding if it is signed:
// another version of the program may have had it.
func (c *check) machineIsOurs(signed bool) {
	differing := MachineOf(c.Verifier.Machine).differences(c.Bundle.Machine)
	if len(differing) == 0 {
		c.prove("the machine's table is that of this program, with %d moves", len(c.Bundle.Machine.Moves))
	}
	for _, text := range differing {
		if signed {
			c.leave("that this program would decide alike: %s", text)
		} else {
			c.find(0, 0, "the machine's table was changed, or is another version's: %s", text)
		}
	}
}

// keptAgrees compares with the checkpoints of other times.
func (c *check) keptAgrees() {
	for _, k := range c.Kept {
		if kept, ok := c.opened(string(k.Note), c.Key, k.Name); ok {
			c.agree(k.Name, kept, c.checkpoint, c.trusted)
		}
	}
}

// agree compares the checkpoint of a file with one that was kept.
func (r *Report) agree(name string, kept, checkpoint translog.Checkpoint, trusted bool) {
	switch {
	case !trusted:
	case kept.Size != checkpoint.Size:
		r.leave("that %s, of %s, and the checkpoint of the file, of %d, are of one history: to compare them takes the log (dossier verify --log URL)",
			name, count(kept.Size, "event"), checkpoint.Size)
	case kept.Root != checkpoint.Root:
		r.find(0, 0, "the log was written anew: the key signed two different histories of %s, that of %s and that of the file",
			count(kept.Size, "event"), name)
	default:
		r.prove("%s is of the same history", name)
	}
}
