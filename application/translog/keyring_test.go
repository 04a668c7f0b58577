package translog_test

import (
	"errors"
	"testing"

	"dossier/application/translog"
)

// A former key is good for what it signed in its time.
func TestAFormerKeyIsGoodForItsTime(t *testing.T) {
	first, second, third := newKey(t, "one"), newKey(t, "two"), newKey(t, "three")
	verifiers := translog.ReplaceVerifier(first.Verifier(), second.Verifier(), 5)
	verifiers = translog.ReplaceVerifier(verifiers, third.Verifier(), 9)
	if translog.CurrentVerifier(verifiers) != third.Verifier() {
		t.Errorf("the log's key in %q", verifiers)
	}
	for _, c := range []struct {
		key    *translog.Key
		origin string
		size   int64
		want   error
	}{
		{first, "one", 5, nil}, {first, "one", 6, translog.ErrSignature},
		{second, "two", 1, nil}, {second, "two", 9, nil}, {second, "two", 10, translog.ErrSignature},
		{third, "three", 1, nil}, {third, "three", 1 << 40, nil},
		{third, "two", 1, translog.ErrSignature}, {newKey(t, "one"), "one", 1, translog.ErrSignature},
	} {
		note, err := c.key.Sign(translog.Checkpoint{Origin: c.origin, Size: c.size}.Text())
		if err != nil {
			t.Fatal(err)
		}
		opened, err := translog.OpenCheckpoint(note, verifiers+"\n")
		if !errors.Is(err, c.want) || err == nil && opened.Size != c.size {
			t.Errorf("%s signs %d events of %s: %+v, %v, want %v", c.key, c.size, c.origin, opened, err, c.want)
		}
	}
}

func TestATextThatIsNoKeyringIsRefused(t *testing.T) {
	key := newKey(t, "one").Verifier()
	for _, text := range []string{"", "\n", "one", key + " until", key + " until x", key + " until -1", key + "\n\n" + key, key + "\nmore"} {
		if err := translog.CheckVerifier(text); !errors.Is(err, translog.ErrKey) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{key, key + "\n", key + "\n" + key + " until 0"} {
		if err := translog.CheckVerifier(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A key that is replaced after a loss had signed more events than there were then.
func TestAFormerKeyIsGoodForWhatWasLost(t *testing.T) {
	first, second := newKey(t, "one"), newKey(t, "two")
	verifiers := translog.ReplaceVerifier(first.Verifier(), second.Verifier(), 5)
	for _, c := range []struct {
		key    *translog.Key
		origin string
		former bool
		want   error
	}{
		{first, "one", true, nil}, {second, "two", false, nil},
		{first, "two", false, translog.ErrSignature}, {newKey(t, "one"), "one", false, translog.ErrSignature},
	} {
		note, err := c.key.Sign(translog.Checkpoint{Origin: c.origin, Size: 8}.Text())
		if err != nil {
			t.Fatal(err)
		}
		opened, former, err := translog.OpenLost(note, verifiers)
		if !errors.Is(err, c.want) || former != c.former || err == nil && opened.Size != 8 {
			t.Errorf("%s signs 8 events of %s: %+v, former %v, %v", c.key, c.origin, opened, former, err)
		}
	}
}
