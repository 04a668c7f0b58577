// Package access says who may do what: the roles, the tokens that carry them,
// and the keyring that knows the tokens.
package access

// Role is what a token's holder may do.
type Role struct{ name string }

// The roles.
var (
	Reader   = Role{"reader"}   // reads sessions and events
	Reviewer = Role{"reviewer"} // reads those and flags, and resolves flags
	Auditor  = Role{"auditor"}  // reads all
	Admin    = Role{"admin"}    // does all
)

// Roles returns every role.
func Roles() []Role { return []Role{Reader, Reviewer, Auditor, Admin} }

// ParseRole reads a role by its name; ok is false for any other text.
func ParseRole(name string) (r Role, ok bool) {
	for _, r := range Roles() {
		if r.name == name {
			return r, true
		}
	}
	return Role{}, false
}

// String returns the name, empty for the zero value.
func (r Role) String() string { return r.name }
