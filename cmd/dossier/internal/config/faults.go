package config

import (
	"fmt"
	"strings"
)

// faultLimit bounds how many faults of one setting are listed: a wrong file
// would otherwise be a report without end.
const faultLimit = 10

// Fault is one thing that is wrong with a setting. It does not hold the value.
type Fault struct {
	Variable string
	Flag     string
	Problem  string
}

// String returns the fault as one line.
func (f Fault) String() string { return f.Variable + " (" + f.Flag + "): " + f.Problem }

// Faults is the error of a configuration: everything that is wrong with it.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d faults:", len(f))
	if len(f) == 1 {
		b.Reset()
		b.WriteString("the configuration has a fault:")
	}
	for _, fault := range f {
		b.WriteString("\n  " + fault.String())
	}
	return b.String()
}

// notes collects what there is to say of one setting. What is said must never
// hold a part of the value: positions and rules only.
type notes struct {
	spec
	origin   string // said after each note; where the value is from, if not obvious
	faults   Faults
	warnings []string
	unlisted int // faults above the limit
}

func (n *notes) fault(problem string) {
	if len(n.faults) == faultLimit {
		n.unlisted++
		return
	}
	n.faults = append(n.faults, Fault{Variable: n.variable(), Flag: n.flag(), Problem: problem + n.origin})
}

func (n *notes) faultIn(entry int, problem string) {
	n.fault(fmt.Sprintf("entry %d: %s", entry, problem))
}

func (n *notes) warn(problem string) {
	n.warnings = append(n.warnings, n.variable()+" ("+n.flag()+"): "+problem+n.origin)
}

func (n *notes) warnIn(entry int, problem string) {
	n.warn(fmt.Sprintf("entry %d: %s", entry, problem))
}

// filled refuses an empty value that was given on purpose: a secret that
// failed to be mounted must not open what it guards.
func (n *notes) filled(v value) (value, bool) {
	v.text = strings.TrimSpace(v.text)
	if v.text == "" {
		n.fault("empty: leave it out to get the default")
	}
	return v, v.text != ""
}

// all returns the faults, and says if more were found than are listed.
func (n *notes) all() Faults {
	if n.unlisted == 0 {
		return n.faults
	}
	more := Fault{Variable: n.variable(), Flag: n.flag(), Problem: fmt.Sprintf("%d more faults%s", n.unlisted, n.origin)}
	return append(n.faults, more)
}
