package kyc

import "time"

// DefaultHealWindow is how long after a premature status its
// PENDING_VERIFICATION may arrive and still heal it.
const DefaultHealWindow = 30 * time.Second

// Rules are what an operator sets for one app.
type Rules struct {
	// HealWindow is how long after a premature status a first-attempt
	// PENDING_VERIFICATION counts as late rather than as new. The bound is
	// inclusive; zero heals provably late deliveries only.
	HealWindow time.Duration
	// Pinned is the kind of all the app's sessions; the zero value infers it.
	Pinned Kind
	// Required are the services that each need an approved step before
	// approved steps approve their session. Empty: steps never do.
	Required []Service
}

// RuleBook holds the rules of every app.
type RuleBook struct {
	Default Rules // for an app that Apps does not name
	Apps    map[App]Rules
}

// For returns the rules of an app.
func (b RuleBook) For(app App) Rules {
	if rules, ok := b.Apps[app]; ok {
		return rules
	}
	return b.Default
}
