package brokertest_test

import (
	"slices"
	"testing"

	"dossier/adapters/brokertest"
	"dossier/application/relay"
)

// held is what a broker without fault holds.
func held(messages []relay.Message) (all []brokertest.Stored) {
	for _, m := range messages {
		all = append(all, brokertest.Stored{ID: m.Event.EventID, Type: m.Event.Type, Key: m.Key, Body: string(m.Body)})
	}
	return all
}

func TestFaultsOfABrokerAreFound(t *testing.T) {
	messages := brokertest.Messages(t, 2, 2)
	for name, fault := range map[string]func(all []brokertest.Stored) []brokertest.Stored{
		"a lost message":     func(all []brokertest.Stored) []brokertest.Stored { return all[1:] },
		"a changed body":     func(all []brokertest.Stored) []brokertest.Stored { all[2].Body += " "; return all },
		"another key":        func(all []brokertest.Stored) []brokertest.Stored { all[2].Key = all[1].Key; return all },
		"another order":      func(all []brokertest.Stored) []brokertest.Stored { all[0], all[2] = all[2], all[0]; return all },
		"a strange message":  func(all []brokertest.Stored) []brokertest.Stored { return append(all, brokertest.Stored{ID: "x"}) },
		"the earlier at end": func(all []brokertest.Stored) []brokertest.Stored { return append(all[1:], all[0]) },
	} {
		if err := brokertest.Check(fault(held(messages)), messages); err == nil {
			t.Errorf("%s is not found", name)
		}
	}
}

func TestDuplicatesAreNoFaultUnlessNoneMayBe(t *testing.T) {
	messages := brokertest.Messages(t, 2, 2)
	all := held(messages)
	twice := append(slices.Clone(all), all[1])
	if err := brokertest.Check(twice, messages); err != nil {
		t.Error(err)
	}
	if err := brokertest.CheckOnce(all, messages); err != nil {
		t.Error(err)
	}
	if brokertest.CheckOnce(twice, messages) == nil {
		t.Error("a message that is stored twice is not found")
	}
}
