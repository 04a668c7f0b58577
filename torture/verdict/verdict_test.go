package verdict_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dossier/torture/traffic"
	"dossier/torture/verdict"
	"dossier/torture/witness"
)

// sound is the evidence of a run in which everything held: a webhook that was
// taken at once, one whose first answer was lost, and one that was refused.
func sound() verdict.Evidence {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	models := func() verdict.Models { return verdict.Models{"sessions": {"a", "b"}} }
	return verdict.Evidence{
		Attempts: []traffic.Attempt{
			{EventID: "a", Begun: at(1), Outcome: "applied", Position: 1, Version: 1, Standing: traffic.Acknowledged},
			{EventID: "b", Begun: at(2), Standing: traffic.Unknown},
			{EventID: "b", Begun: at(3), Outcome: "duplicate", Position: 2, Version: 2, Standing: traffic.Acknowledged},
			{EventID: "c", Begun: at(4), Standing: traffic.Refused},
		},
		Log: []verdict.Event{
			{Position: 1, Stream: "s", Version: 1, EventID: "e1", Type: "kyc.status_changed.v1", RecordedAt: 1, Delivery: "a"},
			{Position: 2, Stream: "s", Version: 2, EventID: "e2", Type: "kyc.status_repeated.v1", RecordedAt: 1, Delivery: "b"},
		},
		Stream: seen(), OnceTable: seen(), LeastFile: append(seen(), seen()...), Relayed: append(seen(), seen()...),
		Received: append(seen(), seen()...),
		Before:   models(), After: models(),
	}
}

func seen() []witness.Sight {
	return []witness.Sight{{Position: 1, EventID: "e1"}, {Position: 2, EventID: "e2"}}
}

// failed are the names of the checks that do not hold.
func failed(e verdict.Evidence) (names []string) {
	for _, c := range verdict.Judge(e) {
		if len(c.Faults) > 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestSoundEvidenceHolds(t *testing.T) {
	if names := failed(sound()); len(names) > 0 {
		t.Errorf("sound evidence fails: %q", names)
	}
}

// Each fault of a product is seen by the check that is there for it.
func TestEachFaultIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*verdict.Evidence)
		check string
	}{
		"an acknowledged webhook is gone": {func(e *verdict.Evidence) { e.Log = e.Log[:1] }, "each 200"},
		"a webhook is there twice": {func(e *verdict.Evidence) {
			again := e.Log[0]
			again.Position, again.Version, again.EventID = 3, 3, "e3"
			e.Log = append(e.Log, again)
		}, "each 200"},
		"the answer named another position": {func(e *verdict.Evidence) { e.Attempts[0].Position = 2 }, "each 200"},
		"the answer named another outcome":  {func(e *verdict.Evidence) { e.Attempts[0].Outcome = "flagged" }, "each 200"},
		"a refused attempt wrote":           {func(e *verdict.Evidence) { e.Attempts[1].Standing = traffic.Refused }, "a duplicate points"},
		"two answers were the first": {func(e *verdict.Evidence) {
			e.Attempts[1].Standing, e.Attempts[1].Outcome = traffic.Acknowledged, "repeated"
			e.Attempts[2].Outcome = "repeated"
		}, "a duplicate points"},
		"a refused webhook is there":  {func(e *verdict.Evidence) { e.Log[0].Delivery = "c" }, "nothing refused"},
		"a webhook that nobody sent":  {func(e *verdict.Evidence) { e.Log[0].Delivery = "x" }, "an unknown outcome"},
		"a webhook is never answered": {func(e *verdict.Evidence) { e.Missing = []string{"z"} }, "every webhook"},
		"a hole": {func(e *verdict.Evidence) {
			e.Log[1].Position = 3
		}, "positions are"},
		"time runs backwards":    {func(e *verdict.Evidence) { e.Log[1].RecordedAt = 0 }, "times never"},
		"a version is left out":  {func(e *verdict.Evidence) { e.Log[1].Version = 3 }, "versions of"},
		"two events have one id": {func(e *verdict.Evidence) { e.Log[1].EventID = "e1" }, "event ids"},
		"verify finds something": {func(e *verdict.Evidence) { e.VerifyCode = 1 }, "dossier verify"},
		"verify finds more than a loss": {func(e *verdict.Evidence) {
			e.Cuts, e.VerifyCode = []verdict.Cut{{Head: 100}}, 1
			e.VerifyText = "log-cut-back position 2: expected a; found b\nevent-altered position 1: expected a; found b\n"
		}, "dossier verify"},
		"a read model differs":        {func(e *verdict.Evidence) { e.Before["sessions"][1] = "c" }, "read models"},
		"a read model has a row more": {func(e *verdict.Evidence) { e.Before["flags"] = []string{"c"} }, "read models"},
		"the stream missed one":       {func(e *verdict.Evidence) { e.Stream = e.Stream[1:] }, "live stream"},
		"the stream saw one twice":    {func(e *verdict.Evidence) { e.Stream = append(e.Stream, e.Stream[1]) }, "live stream"},
		"the stream saw a ghost":      {func(e *verdict.Evidence) { e.Stream[1].EventID = "ghost" }, "live stream"},
		"the subscriber stands still": {func(e *verdict.Evidence) { e.OnceTable = e.OnceTable[:1] }, "subscriber within"},
		"the subscriber did one twice": {func(e *verdict.Evidence) {
			e.OnceTable = append(e.OnceTable, e.OnceTable[1])
		}, "subscriber within"},
		"the subscriber saw disorder": {func(e *verdict.Evidence) {
			slices.Reverse(e.LeastFile)
		}, "subscriber outside"},
		"the broker lost one":       {func(e *verdict.Evidence) { e.Relayed = e.Relayed[:1] }, "relay"},
		"the broker has a disorder": {func(e *verdict.Evidence) { slices.Reverse(e.Relayed) }, "relay"},
		"the broker has a ghost":    {func(e *verdict.Evidence) { e.Relayed[3].EventID = "ghost" }, "relay"},
		"the receiver missed one":   {func(e *verdict.Evidence) { e.Received = e.Received[1:2] }, "receiver"},
		"a panic":                   {func(e *verdict.Evidence) { e.Panics = []string{"panic: x"} }, "no server"},
		"a server does not come":    {func(e *verdict.Evidence) { e.Fallen = []string{"server-1"} }, "every server"},
	} {
		t.Run(name, func(t *testing.T) {
			e := sound()
			c.spoil(&e)
			names := failed(e)
			if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, c.check) }) {
				t.Errorf("%q does not fail; those that do: %q", c.check, names)
			}
		})
	}
}

func TestLossesAreCountedById(t *testing.T) {
	e := sound()
	e.Log[1].Delivery = "a"
	if lost, doubled := verdict.Losses(e); lost != 1 || doubled != 1 {
		t.Errorf("lost %d, doubled %d, want 1 and 1", lost, doubled)
	}
}

// After a failover that lost events, verify says so: that is right, and anything
// else that it finds is not.
func TestAVerifyThatTellsOfTheCutIsClean(t *testing.T) {
	const cut, other = `{"check":"log-cut-back","position":3}` + "\n", `{"check":"event-altered","position":1}` + "\n"
	const summary = `{"summary":{"findings":1}}` + "\n"
	for text, clean := range map[string]bool{
		cut + summary: true, summary: true, cut + other + summary: false, other: false, "": false, "verify: no database": false,
	} {
		e := sound()
		e.Cuts = []verdict.Cut{{Head: 2}}
		e.VerifyCode, e.VerifyText = 1, text
		if found := slices.ContainsFunc(failed(e), func(n string) bool { return strings.HasPrefix(n, "dossier verify") }); found == clean {
			t.Errorf("%q: clean is %t, want %t", text, !found, clean)
		}
	}
	e := sound()
	e.VerifyCode, e.VerifyText = 1, cut+summary
	if len(failed(e)) == 0 {
		t.Error("a log that no failover has cut back may not be said to be")
	}
}
