package access_test

import (
	"testing"

	"dossier/application/access"
)

func TestRolesAreReadByTheirNames(t *testing.T) {
	for name, want := range map[string]access.Role{
		"reader": access.Reader, "reviewer": access.Reviewer, "auditor": access.Auditor, "admin": access.Admin,
	} {
		if got, ok := access.ParseRole(name); !ok || got != want || got.String() != name {
			t.Errorf("%s was read as %q, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "Reader", "root", "admin "} {
		if got, ok := access.ParseRole(name); ok || got != (access.Role{}) {
			t.Errorf("%q was read as %q", name, got)
		}
	}
	if n := len(access.Roles()); n != 4 {
		t.Errorf("%d roles", n)
	}
}
