package storetest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"dossier/adapters/storetest"
)

// fault is what a store in memory gets wrong.
type fault string

const (
	none                  fault = "no fault"
	positionsBeforeCommit fault = "gives out positions without a lock"
	decidesUnlocked       fault = "decides without the log's lock"
	holeAfterFailure      fault = "leaves a hole where an append failed"
	visibleBeforeCommit   fault = "shows events before their commit"
	partOfDecision        fault = "keeps a part of a decision that failed"
	skipsVersions         fault = "skips a version"
	staleHeads            fault = "trusts heads that another store has moved"
	swallowsErrors        fault = "swallows the error of a decision"
	tellsPanic            fault = "tells the value of a panic"
	neverDeduplicates     fault = "never deduplicates"
	deduplicatesByID      fault = "deduplicates by id alone"
	deliveriesOfAllApps   fault = "takes the deliveries of all apps for one"
	deliveryBeforeWork    fault = "records a delivery before its work"
	forgetsConflicts      fault = "does not record a conflict's delivery"
	prunesAll             fault = "prunes young deliveries"
	neverPrunes           fault = "never prunes by itself"
	altersBytes           fault = "encodes JSON again"
	copiesMetadata        fault = "gives all events the metadata of the first"
	randomIDs             fault = "makes random event ids"
	millisecondsOnly      fault = "cuts times to milliseconds"
	timeRunsBackwards     fault = "lets time run backwards"
	ignoresCase           fault = "takes ids for one that differ in case"
	acceptsNUL            fault = "accepts NUL"
	acceptsLongIDs        fault = "accepts ids of any length"
	hangsOnCancel         fault = "hangs when its caller gives up"
	writesGivenUp         fault = "writes what was given up in the queue"
	waitsInsteadOfBusy    fault = "lets callers wait when its queue is full"
	dropsAtShutdown       fault = "drops what it accepted at a shutdown"
	leaksGoroutines       fault = "leaks a goroutine"
	allowsDelete          fault = "allows DELETE"
	ignoresLimit          fault = "ignores the limit of a page"
	prefixOfApp           fault = "filters by a prefix of the app"
	looksPastLimit        fault = "says that it looked further than it did"
	looksAtOnceOnly       fault = "skips what a filtered read did not look at"
	findsNothing          fault = "answers an empty event where there is none"
	neverWakes            fault = "never wakes a reader"
	wakesOwnOnly          fault = "wakes the readers of one store only"
	stepsTwice            fault = "steps from any checkpoint"
	ignoresVersion        fault = "steps for any version"
	keepsFailedSteps      fault = "keeps the rows of a step that failed"
	keepsOldRows          fault = "keeps the rows of another version"
	oldestFirst           fault = "lists the oldest first"
	listsOpenAsClosed     fault = "lists open flags as closed"
	countsValidTokens     fault = "forgets that there was a first token"
	lastSettingWins       fault = "overwrites a setting"
)

// caught names the cases that must catch each fault.
func caught() map[fault][]string {
	return map[fault][]string{
		positionsBeforeCommit: {"a reader misses nothing while an append is frozen"},
		decidesUnlocked:       {"twenty writers on one stream decide one after the other"},
		holeAfterFailure:      {"a decision that fails writes nothing and answers its error", "a decision of no events writes nothing"},
		visibleBeforeCommit:   {"a reader sees nothing of an append before its commit"},
		partOfDecision:        {"a decision of several events is stored whole", "a transaction that fails leaves no trace"},
		skipsVersions:         {"positions and versions count from 1"},
		staleHeads:            {"two stores that take turns on a stream see each other's events", "of twenty rulings on one flag exactly one wins"},
		swallowsErrors:        {"a decision that fails writes nothing and answers its error", "what fails does not disturb the appends beside it"},
		tellsPanic:            {"a decision that panics writes nothing and keeps its value secret"},
		neverDeduplicates:     {"a delivery that comes again is answered like the first", "a delivery to several stores at once is stored once"},
		deduplicatesByID:      {"a known delivery id with other bytes is a conflict", "a conflict within one transaction is seen"},
		deliveriesOfAllApps:   {"a delivery id belongs to its app"},
		deliveryBeforeWork:    {"a delivery whose append failed may come again"},
		forgetsConflicts:      {"a conflict that was stored is a duplicate when it comes again"},
		prunesAll:             {"deliveries from before a time are forgotten, later ones are not"},
		altersBytes:           {"events and metadata are read back byte by byte"},
		copiesMetadata:        {"events that one brought along name it as their cause"},
		randomIDs:             {"events and metadata are read back byte by byte"},
		millisecondsOnly:      {"times are kept to the microsecond in UTC"},
		timeRunsBackwards:     {"times do not run backwards when a clock does", "times do not run backwards between stores"},
		ignoresCase:           {"ids with quotes, SQL signs and unicode are kept apart"},
		acceptsNUL:            {"NUL and invalid UTF-8 are refused in every text"},
		acceptsLongIDs:        {"ids that are too long or missing are refused"},
		writesGivenUp:         {"an append that is given up before it starts writes nothing", "an append that is given up in the queue returns at once and writes nothing"},
		dropsAtShutdown:       {"a shutdown writes what was accepted and refuses the rest"},
		leaksGoroutines:       {"an empty log has nothing"},
		allowsDelete:          {"what would change the log or take from it is refused"},
		ignoresLimit:          {"the log is read in pages"},
		prefixOfApp:           {"a filtered read picks by app and type and tells how far it looked"},
		looksPastLimit:        {"a filtered read picks by app and type and tells how far it looked"},
		looksAtOnceOnly:       {"a filtered read comes to the head through many events that do not match"},
		findsNothing:          {"one event is read by its position"},
		stepsTwice:            {"a step from another checkpoint does not run", "of steps that start together exactly one runs"},
		ignoresVersion:        {"a step of another version is superseded"},
		keepsFailedSteps:      {"a step that fails leaves nothing"},
		keepsOldRows:          {"preparing another version empties its tables and no others"},
		oldestFirst:           {"sessions are listed by every filter, the newest first"},
		listsOpenAsClosed:     {"flags are listed by every filter, the newest first"},
		countsValidTokens:     {"of first tokens that are added at once exactly one is stored"},
		lastSettingWins:       {"a setting is what was proposed first", "of proposals at once one wins everywhere"},

		hangsOnCancel:      {"an append that is given up in the queue returns at once and writes nothing", "an append that is given up at its commit returns at once"},
		waitsInsteadOfBusy: {"a full queue refuses at once and writes nothing of what it refused"},
		neverWakes:         {"an append wakes the readers of its store"},
		wakesOwnOnly:       {"an append wakes the readers of other stores"},
		neverPrunes:        {"deliveries are forgotten by age while the store runs"},
	}
}

// hangs are the faults that show in that something never comes: the shorter the
// patience, the shorter the test. It can't fail by being too short.
func hangs(f fault) bool {
	return slices.Contains([]fault{hangsOnCancel, waitsInsteadOfBusy, neverWakes, wakesOwnOnly, neverPrunes, leaksGoroutines}, f)
}

func TestEachFaultIsCaught(t *testing.T) {
	cases := map[string]storetest.Case{}
	for _, c := range storetest.Cases() {
		cases[c.Name] = c
	}
	for f, names := range caught() {
		for _, name := range names {
			t.Run(string(f)+"/"+name, func(t *testing.T) {
				c, ok := cases[name]
				if !ok {
					t.Fatal("there is no such case")
				}
				patience := time.Minute
				if hangs(f) {
					patience = 500 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				b := backend(f)
				if err := storetest.Check(ctx, c, b, b.New(t)); err == nil {
					t.Error("the case did not catch it")
				}
			})
		}
	}
}
