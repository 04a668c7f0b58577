package access_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"dossier/application/access"
)

func TestANewTokenIsRandomAndKeepsNoSecret(t *testing.T) {
	one, secret := access.NewToken("ada", access.Reviewer, noon())
	_, other := access.NewToken("ada", access.Reviewer, noon())
	if secret == other {
		t.Error("two tokens have one secret")
	}
	if !regexp.MustCompile(`^dossier_[A-Za-z0-9_-]{43}$`).MatchString(secret) {
		t.Errorf("the secret has another form: %d characters", len(secret))
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", one, one), secret[len("dossier_"):]) {
		t.Error("the token holds its secret")
	}
	if one != access.TokenOf("ada", access.Reviewer, secret, noon()) {
		t.Error("the same secret makes another token")
	}
}

func TestATokenIsKnownByItsHash(t *testing.T) {
	token := access.TokenOf("", access.Auditor, "s3cret", noon())
	want := sha256.Sum256([]byte("s3cret"))
	if token.Hash != want || token.ID != fmt.Sprintf("%x", want[:4]) {
		t.Errorf("hash %x, id %s", token.Hash, token.ID)
	}
	if token.Name != "auditor-"+token.ID || token.Role != access.Auditor || !token.CreatedAt.Equal(noon()) {
		t.Errorf("token %+v", token)
	}
}

// What stands beside a decision for good must tell who decided.
func TestANameSaysWhoDecides(t *testing.T) {
	for _, name := range []string{"ada", "Ada Lovelace", "żaneta@example.com", "admin", "dossier-bot", strings.Repeat("é", 100)} {
		if err := access.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", " ", "\t", " ada", "ada ", "a\nb", "a\x00b", "\xff", "a\u202eb", "dossier", "Dossier", strings.Repeat("é", 101)} {
		if err := access.CheckName(name); !errors.Is(err, access.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
