package webhook

import (
	"testing"

	"dossier/domain/kyc"
)

// The number of comparisons would tell how many secrets an app has, and whether
// it exists.
func TestEveryAppHasAsManyDigests(t *testing.T) {
	k := newKeyring(map[kyc.App][]string{"one": {"a"}, "three": {"b", "c", "d"}})
	seen := map[digest]bool{}
	for _, digests := range [][]digest{k.apps["one"], k.apps["three"], k.unknown} {
		if len(digests) != 3 {
			t.Errorf("%d digests, want 3 for every app", len(digests))
		}
		for _, d := range digests {
			if seen[d] || d == (digest{}) {
				t.Errorf("the digest %x is not random", d)
			}
			seen[d] = true
		}
	}
}
