package evidence

import (
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// Session is the folded state, field by field as the API answers it.
type Session struct {
	App           string `json:"app"`
	SessionID     string `json:"session_id"`
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Cycle         int    `json:"cycle"`
	Version       int64  `json:"version"`
	Position      int64  `json:"position"`
	OpenedAt      string `json:"opened_at"`
	UpdatedAt     string `json:"updated_at"`
	OpenFlags     int    `json:"open_flags"`
	SessionStatus string `json:"session_status"`
	Steps         []Step `json:"steps"`
}

// Step is one step of a session.
type Step struct {
	StepID      string `json:"step_id"`
	Service     string `json:"service"`
	Status      string `json:"status"`
	Reason      string `json:"reason"`
	Submissions int    `json:"submissions"`
	UpdatedAt   string `json:"updated_at"`
}

// Rules are those that kind and status of a session were derived by.
type Rules struct {
	PinnedKind       string   `json:"pinned_kind"` // empty: inferred
	RequiredServices []string `json:"required_services"`
}

func rulesOf(r kyc.Rules) Rules {
	rules := Rules{PinnedKind: r.Pinned.String(), RequiredServices: []string{}}
	for _, service := range r.Required {
		rules.RequiredServices = append(rules.RequiredServices, string(service))
	}
	return rules
}

// rules returns the domain's; ok is false for a kind that there is not.
func (r Rules) rules() (rules kyc.Rules, ok bool) {
	ok = r.PinnedKind == ""
	if !ok {
		rules.Pinned, ok = kyc.ParseKind(r.PinnedKind)
	}
	for _, service := range r.RequiredServices {
		rules.Required = append(rules.Required, kyc.Service(service))
	}
	return rules, ok
}

// derive returns what the rules make of a folded session.
func derive(stream eventlog.Stream, folded *kyc.Session, rules kyc.Rules) Session {
	p := projection.NewSession(stream, folded, rules)
	s := Session{
		App: string(stream.App), SessionID: string(stream.Session), Kind: p.Kind.String(), Status: p.Status.String(),
		Cycle: p.State.Cycle, Version: p.State.Version, Position: p.State.Position,
		OpenedAt: stamp(p.State.OpenedAt), UpdatedAt: stamp(p.State.UpdatedAt), OpenFlags: len(p.State.Flags),
		SessionStatus: p.State.Track.Status.String(), Steps: []Step{},
	}
	for _, t := range p.State.Steps {
		s.Steps = append(s.Steps, Step{
			StepID: string(t.StepID), Service: string(t.Service), Status: t.Status.String(),
			Reason: t.Reason, Submissions: t.Submissions, UpdatedAt: stamp(t.UpdatedAt),
		})
	}
	return s
}

// stampForm is RFC 3339 in UTC with microseconds, as the API writes it.
const stampForm = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampForm) }

// String says of which app it is.
func (s Session) String() string { return s.App + "/[session]" }

// GoString is String.
func (s Session) GoString() string { return s.String() }
