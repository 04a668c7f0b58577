package fakesynaps_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"dossier/adapters/fakesynaps"
)

func TestEachFaultOfTheConfigurationIsNamed(t *testing.T) {
	_, err := fakesynaps.New(fakesynaps.Config{
		Corporate: 2, Loss: -1, Delay: math.NaN(), Duplicates: 1.5, Reorder: 7, BadAnswers: 1.1, Rate: -1, HeaderPrefix: "x y",
	})
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{
		"key", "corporate", "loss", "delay", "duplicates", "reorder", "bad answers", "rate", "header prefix", "sessions",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named: %v", want, err)
		}
	}
}

// Whoever prints what there is must not print a credential.
func TestNothingPrintsACredential(t *testing.T) {
	cfg := fakesynaps.Config{Seed: 31, Sessions: 2, SigningSecret: "signing-secret", Loss: 0.5}
	p := lived(t, cfg)
	cfg.Key = apiKey
	session := p.Truth()[0]
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(strings.Repeat(format, 5), cfg, p, session, p.Untold(), p.Truth())
		for _, credential := range []string{apiKey, "signing-secret", string(session.ID)} {
			if strings.Contains(text, credential) {
				t.Errorf("%s prints %s", format, credential)
			}
		}
	}
}

func TestATargetThatIsNoneIsRefused(t *testing.T) {
	p := newProvider(t, fakesynaps.Config{Sessions: 1}, nil)
	if _, err := p.Live(t.Context(), "ftp://"+secret); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
	if len(p.Truth()) > 0 {
		t.Error("a session began")
	}
}
