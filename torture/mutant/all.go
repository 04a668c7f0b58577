package mutant

import (
	"dossier/torture/fault"
	"dossier/torture/overlay"
)

// The checks that mutants must fail, as torture/verdict names them.
const (
	acknowledged = "each 200 is in the log exactly once"
	streamed     = "live stream"
	relayed      = "relay"
	approvals    = "no approval is given"
)

// All returns the mutants.
func All() []Mutant {
	return []Mutant{acknowledgesEarly(), forgetsDeliveries(), tellsEarly(), ignoresTheWarning(), keepsTheGhosts(), believesALag()}
}

// beforeWrite is where a batch is decided, and not yet written.
const beforeWrite = "	if err := s.write(ctx, w, b); err != nil {\n"

func edit(file, old, replacement string) overlay.Edit {
	return overlay.Edit{File: file, Old: old, New: replacement}
}

// acknowledgesEarly answers a batch before it is written.
func acknowledgesEarly() Mutant {
	return Mutant{
		Name: "acknowledges before the commit",
		Edits: []overlay.Edit{
			edit("adapters/sqlstore/batch.go", beforeWrite, `	for i, p := range appends {
		select {
		case p.done <- b.answers[i]:
		default:
		}
	}
`+beforeWrite),
			edit("adapters/sqlstore/append.go", "make(chan answer, 1)", "make(chan answer, 3)"),
		},
		Database: "postgres", Faults: 40, Check: acknowledged,
		Kinds: []fault.Kind{fault.CommitUnsent, fault.ConnectionsReset, fault.DatabaseKilled, fault.ServerKilled},
	}
}

// forgetsDeliveries leaves some deliveries out of what is stored with the events.
func forgetsDeliveries() Mutant {
	return Mutant{
		Name: "forgets every third delivery",
		Edits: []overlay.Edit{
			edit("adapters/sqlstore/decide.go", "	if p.request.Delivery != nil {\n", "	if p.request.Delivery != nil && b.head.position%3 != 0 {\n"),
		},
		Database: "sqlite", Faults: 12, Check: acknowledged,
		Kinds: []fault.Kind{fault.ServerKilled, fault.ServerRestarted, fault.StreamCut},
	}
}

// tellsEarly lets readers have events that are not committed.
func tellsEarly() Mutant {
	return Mutant{
		Name: "tells readers before the commit",
		Edits: []overlay.Edit{
			edit("adapters/sqlstore/batch.go", beforeWrite, `	s.appended(b.head.position)
	s.tail.add(b.events)
	s.wake()
`+beforeWrite),
			edit("adapters/sqlstore/batch.go", "	s.tail.add(b.events)\n	s.wake()\n	s.meter", "	s.meter"),
		},
		// One server: what it tells too early, the stream at it sees.
		Database: "postgres", Servers: 1, Faults: 40, Check: streamed,
		Kinds: []fault.Kind{fault.CommitUnsent, fault.DatabaseKilled, fault.ConnectionsStalled, fault.ConnectionsReset},
	}
}

// ignoresTheWarning takes a cancelled wait for a standby for a success.
func ignoresTheWarning() Mutant {
	const signature = "func unreplicated(notice *pq.Error, err error) error {\n"
	return Mutant{
		Name: "ignores the warning of a cancelled wait for the standby",
		Edits: []overlay.Edit{
			edit("adapters/postgres/pgconn/errors.go", signature, signature+"	if err == nil || notice != nil {\n		return err\n	}\n"),
		},
		Database: "standby", Faults: 6, Check: acknowledged,
		Kinds: []fault.Kind{fault.FailedOverBehind, fault.StreamCut},
	}
}

// keepsTheGhosts goes on to answer from memory what a failover has cut off.
func keepsTheGhosts() Mutant {
	const clear = "func (t *tail) clear() {\n"
	return Mutant{
		Name: "keeps the tail of a log that was cut back",
		Edits: []overlay.Edit{
			edit("adapters/sqlstore/tail.go", clear, clear+"	if t != nil {\n		return\n	}\n"),
			edit("adapters/sqlstore/tail.go", "		t.events, t.bytes = nil, 0\n	}\n	for",
				"		if events[0].Position <= t.events[n-1].Position {\n			return\n		}\n		t.events, t.bytes = nil, 0\n	}\n	for"),
		},
		Database: "async", Servers: 1, Faults: 4, Check: relayed,
		Kinds: []fault.Kind{fault.FailedOverWithLoss, fault.StreamCut},
	}
}

// believesALag takes every answer of the provider for the newest.
func believesALag() Mutant {
	return Mutant{
		Name: "believes a provider that is behind its own webhooks",
		Edits: []overlay.Edit{
			edit("domain/kyc/settle.go", "	if denying != nil {\n", "	if denying != nil && age < 0 {\n"),
		},
		Database: "sqlite", Faults: 20, Check: approvals,
		Kinds: []fault.Kind{fault.ProviderLags, fault.StreamCut},
	}
}
