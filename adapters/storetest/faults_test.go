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
	ignoresStandby        fault = "acknowledges what no standby has"
	showsUnreplicated     fault = "shows what no standby has"
	duplicatesEarly       fault = "takes for a duplicate what no standby has"
	neverDeduplicates     fault = "never deduplicates"
	deduplicatesByID      fault = "deduplicates by id alone"
	deliveriesOfAllApps   fault = "takes the deliveries of all apps for one"
	deliveryBeforeWork    fault = "records a delivery before its work"
	forgetsConflicts      fault = "does not record a conflict's delivery"
	prunesAll             fault = "prunes young deliveries"
	neverPrunes           fault = "never prunes by itself"
	believesItsClock      fault = "prunes as much as its clock says"
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
	ignoresPlace          fault = "does not look at the event that is read on from"
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
	keepsOldRows          fault = "keeps the rows of the build of another version"
	emptiesLive           fault = "empties the live tables for a build"
	buildsInLive          fault = "lets a build write the live tables"
	refusesBoth           fault = "refuses the steps of a version that is being built"
	swapsBehind           fault = "swaps in a build that is behind"
	keepsFailedSwaps      fault = "keeps what a swap wrote that failed"
	swapsTwice            fault = "swaps in a build that has ended"
	beginsAny             fault = "begins a build of any version"
	numbersNoBuild        fault = "gives all builds one number"
	losesSwap             fault = "swaps the checkpoint without the rows"
	oldestFirst           fault = "lists the oldest first"
	repeatsBound          fault = "lists the session at the bound again"
	listsOpenAsClosed     fault = "lists open flags as closed"
	countsValidTokens     fault = "forgets that there was a first token"
	lastSettingWins       fault = "overwrites a setting"
	replacesCounts        fault = "replaces counts of statistics"
	keepsDecided          fault = "keeps tracks that no longer wait"
	endsInclusive         fault = "counts the hour after a span"
	extendsAnyTree        fault = "extends a tree of any size"
	keepsFirstTile        fault = "keeps a tile that has grown"
	signsAtOnce           fault = "stores checkpoints at any rate"
	keepsAllSigned        fault = "keeps every checkpoint"
	numbersUnlocked       fault = "numbers accesses without a lock"
	showsAllAccesses      fault = "shows the accesses of all for those of one"
	forgetsAccesses       fault = "allows to forget an access"
	recordsAnything       fault = "records any access"
	claimsHeld            fault = "lets anyone claim a group"
	holdsForEver          fault = "keeps claims that have run out"
	believesClocks        fault = "keeps a claim for as long as its holder's clock was ahead"
	missesRenewals        fault = "takes a claim that is renewed for one that stands still"
	startsAtBeginning     fault = "lets groups begin at the beginning"
	startsAnywhere        fault = "lets groups begin beyond the head"
	standsAnywhere        fault = "lets groups stand beyond the head"
	releasesForAnyone     fault = "releases a group for who does not hold it"
	movesForAnyone        fault = "moves a group for who does not hold it"
	movesFromAnywhere     fault = "moves a group from any position"
	changesHeld           fault = "lets a group that is held be moved or deleted by hand"
	seeksAnywhere         fault = "moves a group beyond the head by hand"
	keepsGeneration       fault = "moves a group back without a new generation"
	raisesAlways          fault = "begins a generation whenever a group is moved by hand"
	tellsNoLag            fault = "does not tell how far a group is behind"
	defersAlone           fault = "defers messages of a relay that has lost its place"
	defersAgain           fault = "overwrites what is deferred"
	triesBehind           fault = "tries messages behind others of their session"
	heedsAhead            fault = "waits until a clock that was ahead is right"
	triesLatest           fault = "tries what is due last before the rest"
	jumpsQueue            fault = "goes on with another message than the next"
	countsTwice           fault = "stores an attempt over another"
	replaysAll            fault = "replays what is not parked"
	replaysAttempts       fault = "replays without forgetting the attempts"
	mixesRelays           fault = "takes the deferred messages of all relays for one's"
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
		ignoresStandby:        {"what no standby has is neither acknowledged nor read"},
		showsUnreplicated:     {"what no standby has is neither acknowledged nor read"},
		duplicatesEarly:       {"a delivery that no standby has is no duplicate yet"},
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
		ignoresPlace:          {"the log is read on from an event that it has"},
		ignoresLimit:          {"the log is read in pages"},
		prefixOfApp:           {"a filtered read picks by app and type and tells how far it looked"},
		looksPastLimit:        {"a filtered read picks by app and type and tells how far it looked"},
		looksAtOnceOnly:       {"a filtered read comes to the head through many events that do not match"},
		findsNothing:          {"one event is read by its position"},
		stepsTwice:            {"a step from another checkpoint does not run", "of steps that start together exactly one runs"},
		ignoresVersion:        {"a step of another version is superseded"},
		keepsFailedSteps:      {"a step that fails leaves nothing"},
		keepsOldRows:          {"a build is gone on with by its version and dropped by another"},
		emptiesLive:           {"preparing another version begins a build and leaves the live tables"},
		buildsInLive:          {"a step of a build writes beside the live tables"},
		refusesBoth:           {"until a build ends both versions step in the live tables"},
		swapsBehind:           {"a swap folds what is missing and no position goes back"},
		keepsFailedSwaps:      {"a swap that fails changes nothing"},
		swapsTwice:            {"a swap puts the build into the place of the live tables"},
		beginsAny:             {"a build of the live version begins without superseding any other"},
		numbersNoBuild:        {"each build has its number, so that nothing is taken for another's"},
		losesSwap:             {"a swap puts the build into the place of the live tables"},
		oldestFirst:           {"sessions are listed by every filter, the newest first"},
		repeatsBound:          {"sessions of a status are listed from the oldest change on"},
		listsOpenAsClosed:     {"flags are listed by every filter, the newest first"},
		countsValidTokens:     {"of first tokens that are added at once exactly one is stored"},
		numbersUnlocked:       {"accesses that are recorded at once are numbered without holes"},
		showsAllAccesses:      {"accesses are read in pages, of all or of one actor"},
		forgetsAccesses:       {"what would change the access log or take from it is refused"},
		recordsAnything:       {"an access that can't be recorded is refused and writes nothing"},
		claimsHeld:            {"of many claims at once exactly one wins", "a claim is its holder's until it runs out or is released"},
		holdsForEver:          {"a claim is its holder's until it runs out or is released"},
		believesClocks:        {"a claim that nobody renews runs out, whatever its holder's clock said"},
		missesRenewals:        {"a claim that nobody renews runs out, whatever its holder's clock said"},
		startsAtBeginning:     {"a group begins at the beginning, after a position or at the end"},
		startsAnywhere:        {"a group that begins or stands beyond the head is refused"},
		standsAnywhere:        {"a group that begins or stands beyond the head is refused"},
		releasesForAnyone:     {"a claim is its holder's until it runs out or is released"},
		movesForAnyone:        {"a group is moved by its holder from where it is"},
		movesFromAnywhere:     {"of many moves at once from one position exactly one counts", "a group is moved by its holder from where it is"},
		changesHeld:           {"a group that nobody holds is moved by hand", "a group that nobody holds is deleted, and may begin again"},
		seeksAnywhere:         {"a group that nobody holds is moved by hand"},
		keepsGeneration:       {"a generation lasts until a group is moved back by hand"},
		raisesAlways:          {"a generation lasts until a group is moved back by hand"},
		tellsNoLag:            {"groups are listed with how far they are behind"},
		defersAlone:           {"messages are deferred together with the move of the relay, or not at all"},
		defersAgain:           {"messages are deferred together with the move of the relay, or not at all"},
		triesBehind:           {"the first deferred message of each session is due, the longest due first"},
		heedsAhead:            {"a message that a clock which was ahead has put off is due"},
		triesLatest:           {"the first deferred message of each session is due, the longest due first"},
		jumpsQueue:            {"a message that was accepted makes way for the next of its session"},
		countsTwice:           {"an attempt counts once and changes no other message"},
		replaysAll:            {"parked messages are listed and replayed"},
		replaysAttempts:       {"parked messages are listed and replayed"},
		mixesRelays:           {"relays know nothing of each other's deferred messages"},
		extendsAnyTree:        {"a tree that has grown meanwhile is not extended", "of extensions at once exactly one is stored"},
		keepsFirstTile:        {"tiles are stored with the size of their tree"},
		signsAtOnce:           {"checkpoints are stored as they grow, and not too often"},
		keepsAllSigned:        {"of the checkpoints of an hour the last one stays"},
		lastSettingWins:       {"a setting is what was proposed first", "of proposals at once one wins everywhere"},

		replacesCounts: {"counts of statistics add up", "statistics that two stores project count each event once"},
		keepsDecided:   {"tracks that wait are loaded as they were saved"},
		endsInclusive:  {"statistics are picked by bucket, span and app"},

		hangsOnCancel:      {"an append that is given up in the queue returns at once and writes nothing", "an append that is given up at its commit returns at once"},
		waitsInsteadOfBusy: {"a full queue refuses at once and writes nothing of what it refused"},
		neverWakes:         {"an append wakes the readers of its store"},
		wakesOwnOnly:       {"an append wakes the readers of other stores"},
		neverPrunes:        {"deliveries are forgotten by age while the store runs", "a clock that is a year ahead forgets two hours of deliveries at a time"},
		believesItsClock:   {"a clock that is a year ahead forgets two hours of deliveries at a time"},
	}
}

// hangs are the faults that show in that something never comes: the shorter the
// patience, the shorter the test. It can't fail by being too short.
func hangs(f fault) bool {
	return slices.Contains([]fault{hangsOnCancel, waitsInsteadOfBusy, neverWakes, wakesOwnOnly, neverPrunes, leaksGoroutines}, f)
}

func TestEachFaultIsCaught(t *testing.T) {
	cases := map[string]storetest.Case{}
	for _, c := range slices.Concat(storetest.Cases(), storetest.ReplicatedCases()) {
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
