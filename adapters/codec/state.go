package codec

import (
	"encoding/json"
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
	ResetAt     int64  `json:"ra,omitempty"`
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
func EncodeState(s kyc.State) ([]byte, error) {
	stored := stateV1{
		Version: s.Version, Position: s.Position, Cycle: s.Cycle,
		OpenedAt: Micros(s.OpenedAt), UpdatedAt: Micros(s.UpdatedAt),
		CompanyForm: s.CompanyForm, Track: storedTrack(s.Track),
	}
	for _, step := range s.Steps {
		stored.Steps = append(stored.Steps, storedTrack(step))
	}
	for _, f := range s.Flags {
		stored.Flags = append(stored.Flags, flagV1{
			f.Position, string(f.StepID), string(f.Service), f.Violation.String(), f.Attempted.String(), f.Reason, Micros(f.At),
		})
	}
	data, err := json.Marshal(stored)
	if err != nil {
		return nil, fmt.Errorf("encode a state: %w", err)
	}
	return data, nil
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
		CompanyForm: stored.CompanyForm, Track: track(&w, stored.Track),
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

func storedTrack(t kyc.Track) trackV1 {
	return trackV1{
		string(t.StepID), string(t.Service), t.Status.String(), t.Reason, t.Submissions, Micros(t.UpdatedAt), t.ResetAt,
	}
}

func track(w *words, t trackV1) kyc.Track {
	return kyc.Track{
		StepID: kyc.StepID(t.StepID), Service: kyc.Service(t.Service),
		Status: word(w, "status", t.Status, kyc.ParseStatus),
		Reason: t.Reason, Submissions: t.Submissions, UpdatedAt: TimeOf(t.UpdatedAt), ResetAt: t.ResetAt,
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
