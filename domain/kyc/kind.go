package kyc

// Kind says whom a session verifies.
type Kind struct{ name string }

// The kinds of a session.
var (
	KindUnknown    = Kind{"unknown"}
	KindIndividual = Kind{"individual"}
	KindCorporate  = Kind{"corporate"}
)

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{KindUnknown, KindIndividual, KindCorporate} }

// ParseKind reads a kind by its name; ok is false for any other text.
func ParseKind(name string) (k Kind, ok bool) { return parse(name, Kinds()) }

// String returns the name, empty for the zero value.
func (k Kind) String() string { return k.name }

// Kind returns whom the session verifies: the kind its app is pinned to, else
// an individual once a step was seen, else a company once a status other than
// RESET came in a company's form, else unknown.
func (s *Session) Kind(rules Rules) Kind {
	switch {
	case rules.Pinned != Kind{}:
		return rules.Pinned
	case len(s.state.Steps) > 0:
		return KindIndividual
	case s.state.CompanyForm:
		return KindCorporate
	default:
		return KindUnknown
	}
}
