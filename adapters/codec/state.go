package codec

import (
	"fmt"
	"time"

	"dossier/domain/kyc"
)

// The stored form of a folded session. It is a cache: heads and read models can
// be rebuilt from the log, so it may change with a migration that empties them.
// Times are microseconds since 1970 UTC, and the names are short because every
// append writes one.

type stateV1 struct {
	Version     int64     `json:"v"`
	Position    int64     `json:"p"`
	Cycle       int       `json:"cy"`
	OpenedAt    int64     `json:"oa"`
	UpdatedAt   int64     `json:"ua"`
	CompanyForm bool      `json:"cf,omitempty"`
	Unknown     bool      `json:"un,omitempty"`
	Track       trackV1   `json:"t"`
	Steps       []trackV1 `json:"st,omitempty"`
	Flags       []flagV1  `json:"fl,omitempty"`
}

type trackV1 struct {
	StepID      string `json:"id,omitempty"`
	Service     string `json:"sv,omitempty"`
	Status      string `json:"s"`
	Reason      string `json:"r,omitempty"`
	Submissions int    `json:"n,omitempty"`
	UpdatedAt   int64  `json:"ua,omitempty"`
	SettledAt   int64  `json:"sa,omitempty"`
}

type flagV1 struct {
	Position  int64  `json:"p"`
	StepID    string `json:"id,omitempty"`
	Service   string `json:"sv,omitempty"`
	Violation string `json:"vi"`
	Attempted string `json:"a,omitempty"`
	Reason    string `json:"r,omitempty"`
	At        int64  `json:"at"`
}

// EncodeState returns the stored JSON of a folded session.
func EncodeState(s kyc.State) []byte {
	o := newObject(128 + 160*(1+len(s.Steps)+len(s.Flags)))
	o.number("v", s.Version)
	o.number("p", s.Position)
	o.number("cy", int64(s.Cycle))
	o.number("oa", Micros(s.OpenedAt))
	o.number("ua", Micros(s.UpdatedAt))
	o.flag("cf", s.CompanyForm)
	o.flag("un", s.Unknown)
	o.key("t")
	o.nested(func(o *object) { o.stateTrack(s.Track) })
	list(&o, "st", s.Steps, (*object).stateTrack)
	list(&o, "fl", s.Flags, (*object).stateFlag)
	return o.end()
}

// list writes an array of objects unless it is empty.
func list[T any](o *object, name string, items []T, write func(*object, T)) {
	if len(items) == 0 {
		return
	}
	o.key(name)
	for i, item := range items {
		separator := byte(',')
		if i == 0 {
			separator = '['
		}
		o.b = append(o.b, separator)
		o.nested(func(o *object) { write(o, item) })
	}
	o.b = append(o.b, ']')
}

func (o *object) stateTrack(t kyc.Track) {
	o.text("id", string(t.StepID))
	o.text("sv", string(t.Service))
	o.always("s", t.Status.String())
	o.text("r", t.Reason)
	o.number("n", int64(t.Submissions))
	o.number("ua", Micros(t.UpdatedAt))
	o.number("sa", t.SettledAt)
}

func (o *object) stateFlag(f kyc.Flag) {
	o.number("p", f.Position)
	o.text("id", string(f.StepID))
	o.text("sv", string(f.Service))
	o.always("vi", f.Violation.String())
	o.text("a", f.Attempted.String())
	o.text("r", f.Reason)
	o.number("at", Micros(f.At))
}

// DecodeState reads a folded session. It returns ErrCorrupt.
func DecodeState(data string) (kyc.State, error) {
	var stored stateV1
	if err := unmarshal([]byte(data), &stored); err != nil {
		return kyc.State{}, fmt.Errorf("decode a state: %w: %w", ErrCorrupt, err)
	}
	var w words
	s := kyc.State{
		Version: stored.Version, Position: stored.Position, Cycle: stored.Cycle,
		OpenedAt: TimeOf(stored.OpenedAt), UpdatedAt: TimeOf(stored.UpdatedAt),
		CompanyForm: stored.CompanyForm, Unknown: stored.Unknown, Track: track(&w, stored.Track),
	}
	for _, step := range stored.Steps {
		s.Steps = append(s.Steps, track(&w, step))
	}
	for _, f := range stored.Flags {
		s.Flags = append(s.Flags, flag(&w, f))
	}
	if w.err != nil {
		return kyc.State{}, fmt.Errorf("decode a state: %w: %w", ErrCorrupt, w.err)
	}
	return s, nil
}

func track(w *words, t trackV1) kyc.Track {
	return kyc.Track{
		StepID: kyc.StepID(t.StepID), Service: kyc.Service(t.Service),
		Status: word(w, "status", t.Status, kyc.ParseStatus),
		Reason: t.Reason, Submissions: t.Submissions, UpdatedAt: TimeOf(t.UpdatedAt), SettledAt: t.SettledAt,
	}
}

func flag(w *words, f flagV1) kyc.Flag {
	held := kyc.Flag{
		Position: f.Position, StepID: kyc.StepID(f.StepID), Service: kyc.Service(f.Service),
		Violation: word(w, "violation", f.Violation, kyc.ParseViolation),
		Reason:    f.Reason, At: TimeOf(f.At),
	}
	if f.Attempted != "" {
		held.Attempted = word(w, "attempted", f.Attempted, kyc.ParseTrigger)
	}
	return held
}

// Micros returns a time as microseconds since 1970 UTC; 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// TimeOf returns the time of Micros, in UTC.
func TimeOf(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
