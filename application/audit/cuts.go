package audit

import (
	"context"
	"fmt"

	"dossier/application/eventlog"
	"dossier/application/translog"
)

// cutsRead bounds how many records of lost events are looked at.
const cutsRead = 1000

// cuts are what servers recorded that the log has lost. They explain what is found,
// and excuse nothing: who can delete events can write such a record, too.
type cuts []eventlog.Cut

func (v *Verifier) readCuts(ctx context.Context) (err error) {
	v.cuts, err = v.Store.Cuts(ctx, cutsRead)
	return err
}

// explain adds to what was found at a position that it may follow from a cut.
func (c cuts) explain(position int64, found string) string {
	for _, cut := range c {
		if cut.Covers(position) {
			return found + ", or it took the place of one that was lost when the log was cut back: see " + LogCutBack.slug
		}
	}
	return found
}

// checkCuts reports what was lost, unless the log has it after all.
func (v *Verifier) checkCuts(ctx context.Context) error {
	for _, cut := range v.cuts {
		there, err := v.hasAll(ctx, cut)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		first := cut.Head.Position + 1
		if first > cut.Had.Position { // others came before it was noticed
			first = cut.Had.Position
		}
		v.found(Finding{Check: LogCutBack, Position: first, Last: cut.Had.Position,
			Expected: v.expectedOf(cut), Found: v.foundOf(cut)})
	}
	return nil
}

// hasAll says that the log has what was recorded as lost.
func (v *Verifier) hasAll(ctx context.Context, cut eventlog.Cut) (bool, error) {
	if cut.Note == nil {
		events, err := v.Store.Events(ctx, cut.Had.Position-1, 1)
		return len(events) == 1 && events[0].Position == cut.Had.Position && events[0].EventID == cut.Had.EventID, err
	}
	signed, err := translog.Unverified(cut.Note)
	if err != nil || signed.Size > v.bounds.Leaves {
		return false, nil
	}
	root, err := translog.NewTree(v.Store).Root(ctx, signed.Size)
	return err == nil && root == signed.Root, nil // a tree that can't be read was reported
}

func (v *Verifier) expectedOf(cut eventlog.Cut) string {
	if cut.Note == nil {
		return fmt.Sprintf("the event %s at position %d, which a server knew to be committed", cut.Had.EventID, cut.Had.Position)
	}
	return fmt.Sprintf("the %d events that %s commits to", cut.Had.Position, v.signerOf(cut))
}

// signerOf names the checkpoint of lost events by who signed it.
func (v *Verifier) signerOf(cut eventlog.Cut) string {
	const unsigned = "a checkpoint that is recorded, and that the key of the log has not signed,"
	if v.Key == "" {
		if signed, err := translog.Unverified(cut.Note); err != nil || signed.Size != cut.Had.Position {
			return unsigned
		}
		return "a signed checkpoint"
	}
	signed, former, err := translog.OpenLost(cut.Note, v.Key)
	switch {
	case err != nil || signed.Size != cut.Had.Position:
		return unsigned
	case former:
		return "a checkpoint that a former key of the log has signed"
	}
	return "a checkpoint that was signed by the key of the log"
}

// foundOf says how the log looked, and what of it is confirmed.
func (v *Verifier) foundOf(cut eventlog.Cut) string {
	found := fmt.Sprintf("they are gone: the log had %d events at %s, as after a failover that lost the last", cut.Head.Position, stamp(cut.At))
	if cut.Head.Position >= cut.Had.Position {
		found = fmt.Sprintf("others in their place at %s, as after a failover that lost the last", stamp(cut.At))
	}
	if v.confirmed == 0 {
		return found + "; no checkpoint confirms any event before"
	}
	return fmt.Sprintf("%s; the checkpoint of %d events confirms those", found, v.confirmed)
}
