package kyc

// Move is one cell of the machine: from a state, a trigger leads a track that
// follows a flow to another.
type Move struct {
	Flow    Flow
	From    Status
	Trigger Trigger
	To      Status
}

// Moves returns every move that the machine allows, by asking it. What is not
// among them is forbidden.
func (m *Machine) Moves() []Move {
	var moves []Move
	for _, flow := range Flows() {
		for _, from := range Statuses() {
			for _, trigger := range Triggers() {
				if to, allowed := m.next(flow, from, trigger); allowed {
					moves = append(moves, Move{flow, from, trigger, to})
				}
			}
		}
	}
	return moves
}

// AutomaticServices returns the services whose tracks follow [FlowAutomatic].
func AutomaticServices() []Service {
	return []Service{ServiceAML, ServicePhone, ServiceEmail, ServiceDuplicate}
}
