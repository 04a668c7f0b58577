package kyc

import (
	"errors"
	"slices"
	"strings"
)

var (
	// ErrFlagNotOpen: the session has no open flag at that position, because it
	// was resolved before or never was one. Nothing is recorded.
	ErrFlagNotOpen = errors.New("the flag is not open")
	// ErrNoteRequired: a person's decision came without a note.
	ErrNoteRequired = errors.New("a note is required")
)

// Resolution is how a flag was closed.
type Resolution struct{ name string }

// The resolutions. The first two are a person's.
var (
	ResolvedAccept     = Resolution{"accept"}     // apply the held status
	ResolvedDismiss    = Resolution{"dismiss"}    // leave the status
	ResolvedHealed     = Resolution{"healed"}     // applied after its late PENDING_VERIFICATION
	ResolvedSuperseded = Resolution{"superseded"} // a newer held status was applied
	ResolvedReconciled = Resolution{"reconciled"} // the provider's API showed what is true
)

// Resolutions returns every resolution.
func Resolutions() []Resolution {
	return []Resolution{ResolvedAccept, ResolvedDismiss, ResolvedHealed, ResolvedSuperseded, ResolvedReconciled}
}

// ParseResolution reads a resolution by its name; ok is false for any other
// text.
func ParseResolution(name string) (r Resolution, ok bool) { return parse(name, Resolutions()) }

// String returns the name, empty for the zero value.
func (r Resolution) String() string { return r.name }

// Ruling is what a person decides of a flag.
type Ruling struct {
	Flag   int64 // the flag's position
	Accept bool  // apply the held status; else leave the status as it is
	By     string
	Note   string
}

// Resolve decides a ruling. Accepting applies the held status whatever the
// machine says; where there is nothing to apply, either ruling just closes the
// flag. It returns ErrNoteRequired or ErrFlagNotOpen.
func (d Decider) Resolve(s *Session, r Ruling) ([]Event, error) {
	if strings.TrimSpace(r.Note) == "" {
		return nil, ErrNoteRequired
	}
	i := slices.IndexFunc(s.state.Flags, func(f Flag) bool { return f.Position == r.Flag })
	if i < 0 {
		return nil, ErrFlagNotOpen
	}
	flag := s.state.Flags[i]
	closed := FlagResolved{StepID: flag.StepID, Flag: flag.Position, Resolution: ResolvedDismiss, By: r.By, Note: r.Note}
	if !r.Accept {
		return []Event{closed}, nil
	}
	closed.Resolution = ResolvedAccept
	return append(d.override(s, flag), closed), nil
}

// override returns the event that applies a held status, or none if there is
// none to apply or the track is there already.
func (d Decider) override(s *Session, flag Flag) []Event {
	if !flag.Attempted.Known() {
		return nil
	}
	if flag.Attempted == ReportReset && flag.StepID == "" {
		return []Event{SessionReset{
			Cycle: s.state.Cycle + 1, Service: flag.Service, Reason: flag.Reason,
			Cause: CauseOverride, Flag: flag.Position,
		}}
	}
	track := s.track(flag.StepID, flag.Service)
	to, allowed := d.Machine.next(s.flow(track), track.Status, flag.Attempted)
	if !allowed {
		to = flag.Attempted.status()
	}
	if repeats(track.Status, flag.Attempted, to, true) {
		return nil
	}
	return []Event{StatusChanged{
		StepID: flag.StepID, Service: flag.Service, Trigger: flag.Attempted, From: track.Status, To: to,
		Reason: flag.Reason, Cause: CauseOverride, Flag: flag.Position,
	}}
}
