package evidence

import (
	"fmt"

	"dossier/domain/kyc"
)

// Machine is the state machine's table: every move that it allows. What is not
// among them is forbidden, and would be flagged.
type Machine struct {
	// AutomaticServices are those whose steps follow the flow "automatic", as
	// does the session's own track once a step was seen.
	AutomaticServices []string `json:"automatic_services"`
	Moves             []Move   `json:"moves"`
}

// Move says that from a state, a trigger leads a track of a flow to another.
type Move struct {
	Flow    string `json:"flow"`
	From    string `json:"from"`
	Trigger string `json:"trigger"`
	To      string `json:"to"`
}

// MachineOf returns the table of a machine, read from the machine itself.
func MachineOf(m *kyc.Machine) Machine {
	table := Machine{AutomaticServices: []string{}, Moves: []Move{}}
	for _, service := range kyc.AutomaticServices() {
		table.AutomaticServices = append(table.AutomaticServices, string(service))
	}
	for _, move := range m.Moves() {
		table.Moves = append(table.Moves, Move{move.Flow.String(), move.From.String(), move.Trigger.String(), move.To.String()})
	}
	return table
}

// cell is what a row of the table decides.
type cell struct{ flow, from, trigger string }

func (c cell) String() string { return fmt.Sprintf("%s from %s (%s)", c.trigger, c.from, c.flow) }

func (m Machine) cells() map[cell]string {
	cells := make(map[cell]string, len(m.Moves))
	for _, move := range m.Moves {
		cells[cell{move.Flow, move.From, move.Trigger}] = move.To
	}
	return cells
}

// differences says in which rows a table differs from this one.
func (m Machine) differences(other Machine) (all []string) {
	ours, theirs := m.cells(), other.cells()
	for _, move := range m.Moves {
		c := cell{move.Flow, move.From, move.Trigger}
		switch to, listed := theirs[c]; {
		case !listed:
			all = append(all, fmt.Sprintf("%s leads to %s in this program, and is not in the file", c, move.To))
		case to != move.To:
			all = append(all, fmt.Sprintf("%s leads to %s in this program, to %s in the file", c, move.To, quoted(to)))
		}
	}
	for _, move := range other.Moves {
		c := cell{quoted(move.Flow), quoted(move.From), quoted(move.Trigger)}
		if _, listed := ours[cell{move.Flow, move.From, move.Trigger}]; !listed {
			all = append(all, fmt.Sprintf("%s is forbidden in this program, and leads to %s in the file", c, quoted(move.To)))
		}
	}
	if fmt.Sprint(m.AutomaticServices) != fmt.Sprint(other.AutomaticServices) {
		all = append(all, "the automatic services are others")
	}
	if len(all) == 0 && len(m.Moves) != len(other.Moves) {
		all = append(all, "the file lists a move twice")
	}
	return all
}

// quoted repeats a word of the file if it looks like one of the machine's.
func quoted(word string) string {
	for _, c := range word {
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return "another word"
		}
	}
	if word == "" || len(word) > 40 {
		return "another word"
	}
	return word
}
