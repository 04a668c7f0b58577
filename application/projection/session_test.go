package projection_test

import (
	"testing"
	"time"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// A read model is made anew when its version changes, so it must change with
// what rows depend on, and with nothing else.
func TestVersionFollowsTheRulesThatRowsDependOn(t *testing.T) {
	version := func(apps map[kyc.App]kyc.Rules) string {
		book := kyc.RuleBook{Default: kyc.Rules{HealWindow: time.Second}, Apps: apps}
		return projection.NewSessions(book).Version()
	}
	standard := version(nil)
	same := map[string]map[kyc.App]kyc.Rules{
		"an app that is only named": {"a": {HealWindow: time.Second}},
		"another heal window":       {"a": {HealWindow: time.Minute}},
	}
	for name, apps := range same {
		if version(apps) != standard {
			t.Errorf("%s: the version changed", name)
		}
	}
	seen := map[string]string{standard: "nothing"}
	for name, apps := range map[string]map[kyc.App]kyc.Rules{
		"a pinned kind":            {"a": {Pinned: kyc.KindCorporate}},
		"another pinned kind":      {"a": {Pinned: kyc.KindIndividual}},
		"the kind of another app":  {"b": {Pinned: kyc.KindCorporate}},
		"a required service":       {"a": {Required: []kyc.Service{"LIVENESS"}}},
		"another required service": {"a": {Required: []kyc.Service{"AML"}}},
		"two required services":    {"a": {Required: []kyc.Service{"LIVENESS", "AML"}}},
	} {
		if other, taken := seen[version(apps)]; taken {
			t.Errorf("%s: the version is that of %s", name, other)
		}
		seen[version(apps)] = name
	}
	if again := version(map[kyc.App]kyc.Rules{"a": {Pinned: kyc.KindCorporate}}); seen[again] != "a pinned kind" {
		t.Error("the same rules have another version")
	}
}
