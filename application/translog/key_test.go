package translog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"dossier/application/translog"
)

func newKey(t *testing.T, origin string) *translog.Key {
	t.Helper()
	secret, verifier, err := translog.NewKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	key, err := translog.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	if key.Verifier() != verifier || key.Origin() != origin {
		t.Fatalf("the key of %s verifies with %s, not with %s", key.Origin(), key.Verifier(), verifier)
	}
	return key
}

func TestASignedCheckpointIsOpenedByItsKeyAlone(t *testing.T) {
	key := newKey(t, "dossier-test")
	want := translog.Checkpoint{Origin: "dossier-test", Size: 7, Root: [32]byte{1, 2, 3}}
	signed, err := key.Sign(want.Text())
	if err != nil {
		t.Fatal(err)
	}
	got, err := translog.OpenCheckpoint(signed, key.Verifier())
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := translog.OpenCheckpoint(signed, newKey(t, "dossier-test").Verifier()); !errors.Is(err, translog.ErrSignature) {
		t.Errorf("another key of the same name: %v", err)
	}
	changed := []byte(strings.Replace(string(signed), "\n7\n", "\n8\n", 1))
	if _, err := translog.OpenCheckpoint(changed, key.Verifier()); !errors.Is(err, translog.ErrSignature) {
		t.Errorf("another size: %v", err)
	}
	if _, err := translog.OpenCheckpoint(signed, "no key"); !errors.Is(err, translog.ErrKey) {
		t.Errorf("no key: %v", err)
	}
	foreign, err := key.Sign(translog.Checkpoint{Origin: "another", Size: 7}.Text())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := translog.OpenCheckpoint(foreign, key.Verifier()); !errors.Is(err, translog.ErrSignature) {
		t.Errorf("another origin: %v", err)
	}
}

func TestAKeyIsNotPrinted(t *testing.T) {
	secret, _, err := translog.NewKey("dossier-test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := translog.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	seed := strings.SplitN(secret, "+", 5)[4]
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, key); strings.Contains(text, seed[:20]) {
			t.Errorf("%s prints %s", format, text)
		}
	}
	if _, err := translog.ParseKey(secret[:len(secret)-4]); err == nil || strings.Contains(err.Error(), seed[:20]) {
		t.Errorf("a broken key: %v", err)
	}
}

func TestTextsThatAreNoCheckpoints(t *testing.T) {
	good := translog.Checkpoint{Origin: "o", Size: 3}.Text()
	if _, err := translog.ParseCheckpoint(good + "an extension\n"); err != nil {
		t.Errorf("with an extension: %v", err)
	}
	lines := strings.Split(good, "\n")
	for _, text := range []string{
		"", "\n\n\n", good[:len(good)-1], "o\n3\n", "o\n03\n" + lines[2] + "\n", "o\n-1\n" + lines[2] + "\n",
		"o\n+3\n" + lines[2] + "\n", "\n3\n" + lines[2] + "\n", "o\n3\n" + lines[2][:40] + "\n", "o\n3\n" + lines[2] + "=\n",
		"o\n3\n\r" + lines[2] + "\n",
	} {
		if c, err := translog.ParseCheckpoint(text); !errors.Is(err, translog.ErrMalformed) {
			t.Errorf("%q is read as %+v, %v", text, c, err)
		}
	}
}
