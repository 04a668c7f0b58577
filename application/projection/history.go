package projection

import (
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// FlagsIn returns the flags that a session's history raises, in its order and
// as the history leaves them: what the read model would hold of it. A
// resolution of a flag that the history does not raise is passed over.
func FlagsIn(history []eventlog.Recorded) []Flag {
	var flags []Flag
	at := map[int64]int{}
	for _, e := range history {
		switch event := e.Event.(type) {
		case kyc.TransitionFlagged:
			at[e.Position] = len(flags)
			flags = append(flags, flagOfTransition(e, event))
		case kyc.ContractViolated:
			at[e.Position] = len(flags)
			flags = append(flags, flagOfViolation(e, event))
		case kyc.WebhookDiscarded:
			if event.Violation != (kyc.Violation{}) {
				at[e.Position] = len(flags)
				flags = append(flags, flagOfDiscard(e, event))
			}
		case kyc.FlagResolved:
			if i, raised := at[event.Flag]; raised {
				flags[i].resolve(e, event)
			}
		}
	}
	return flags
}

// resolve closes a flag.
func (f *Flag) resolve(e eventlog.Recorded, event kyc.FlagResolved) {
	f.State, f.ResolvedAt = FlagStateOf(event.Resolution), e.Clock()
	f.ResolvedBy, f.Note = event.By, event.Note
}
