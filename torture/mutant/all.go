package mutant

import "dossier/torture/fault"

// The checks that mutants must fail, as torture/verdict names them.
const (
	acknowledged = "each 200 is in the log exactly once"
	streamed     = "live stream"
)

// All returns the mutants.
func All() []Mutant {
	return []Mutant{acknowledgesEarly(), forgetsDeliveries(), tellsEarly(), ignoresTheWarning()}
}

// acknowledgesEarly answers a batch before it is written.
func acknowledgesEarly() Mutant {
	return Mutant{
		Name: "acknowledges before the commit",
		Edits: []Edit{
			{"adapters/sqlstore/batch.go", "	if err := s.write(ctx, w, b); err != nil {\n", `	for i, p := range appends {
		select {
		case p.done <- b.answers[i]:
		default:
		}
	}
	if err := s.write(ctx, w, b); err != nil {
`},
			{"adapters/sqlstore/append.go", "make(chan answer, 1)", "make(chan answer, 3)"},
		},
		Database: "postgres", Faults: 40, Check: acknowledged,
		Kinds: []fault.Kind{fault.CommitUnsent, fault.ConnectionsReset, fault.DatabaseKilled, fault.ServerKilled},
	}
}

// forgetsDeliveries leaves some deliveries out of what is stored with the events.
func forgetsDeliveries() Mutant {
	return Mutant{
		Name: "forgets every third delivery",
		Edits: []Edit{{
			"adapters/sqlstore/decide.go", "	if p.request.Delivery != nil {\n", "	if p.request.Delivery != nil && b.head.position%3 != 0 {\n",
		}},
		Database: "sqlite", Faults: 12, Check: acknowledged,
		Kinds: []fault.Kind{fault.ServerKilled, fault.ServerRestarted, fault.StreamCut},
	}
}

// tellsEarly lets readers have events that are not committed.
func tellsEarly() Mutant {
	return Mutant{
		Name: "tells readers before the commit",
		Edits: []Edit{
			{"adapters/sqlstore/batch.go", "	if err := s.write(ctx, w, b); err != nil {\n", `	s.appended(b.head.position)
	s.tail.add(b.events)
	s.wake()
	if err := s.write(ctx, w, b); err != nil {
`},
			{"adapters/sqlstore/batch.go", "	s.tail.add(b.events)\n	s.wake()\n	s.meter", "	s.meter"},
		},
		Database: "postgres", Faults: 40, Check: streamed,
		Kinds: []fault.Kind{fault.CommitUnsent, fault.DatabaseKilled, fault.ConnectionsStalled, fault.ConnectionsReset},
	}
}

// ignoresTheWarning takes a cancelled wait for a standby for a success.
func ignoresTheWarning() Mutant {
	return Mutant{
		Name: "ignores the warning of a cancelled wait for the standby",
		Edits: []Edit{{
			"adapters/postgres/pgconn/errors.go", "func unreplicated(notice *pq.Error, err error) error {\n",
			"func unreplicated(notice *pq.Error, err error) error {\n	if err == nil || notice != nil {\n		return err\n	}\n",
		}},
		Database: "standby", Faults: 6, Check: acknowledged,
		Kinds: []fault.Kind{fault.FailedOverBehind, fault.StreamCut},
	}
}
