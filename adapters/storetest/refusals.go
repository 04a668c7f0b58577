package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func refusalCases() []Case {
	return []Case{
		{"NUL and invalid UTF-8 are refused in every text", unstorableTexts},
		{"ids that are too long or missing are refused", impossibleIDs},
		{"reads with impossible ids find nothing", impossibleReads},
	}
}

// unstorable are texts that databases treat differently: cut, refuse, change.
func unstorable() []string {
	return []string{"\x00", "a\x00b", "a\x00", "\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80"}
}

// refused checks that requests are refused and that nothing was written.
func refused(ctx context.Context, env *Env, requests map[string]eventlog.Request) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for name, r := range requests {
		receipt, failure := s.Append(ctx, r)
		err = errors.Join(err, fails(name, failure, eventlog.ErrUnstorable), same(name, receipt, eventlog.Receipt{}))
	}
	return errors.Join(err, appendAll(ctx, s, write("default", "a", "1")), says(ctx, s, "1"))
}

func unstorableTexts(ctx context.Context, env *Env) error {
	requests := map[string]eventlog.Request{}
	for _, bad := range unstorable() {
		metadata := map[string]eventlog.Metadata{
			"delivery id": {DeliveryID: bad}, "request id": {RequestID: bad}, "trigger": {AttemptTrigger: bad}, "ip": {OriginalIP: bad},
			"payload": {Payload: bad}, "hash": {PayloadSHA256: bad}, "actor": {Actor: bad}, "cause": {CausationID: bad},
		}
		for field, m := range metadata {
			r := write("default", "a", "never")
			r.Metadata = m
			requests[fmt.Sprintf("%q as %s of the metadata", bad, field)] = r
		}
		requests[fmt.Sprintf("%q as app", bad)] = write(bad, "a", "never")
		requests[fmt.Sprintf("%q as session", bad)] = write("default", bad, "never")
		requests[fmt.Sprintf("%q as delivery", bad)] = delivered(bad, "bytes", write("default", "a", "never"))
		for i, e := range everyEvent(bad) {
			requests[fmt.Sprintf("%q in event %d", bad, i)] = request("default", "a", note("never"), e)
		}
		for i, e := range onlyReason(bad) {
			requests[fmt.Sprintf("%q as reason of event %d", bad, i)] = request("default", "a", e)
		}
	}
	return refused(ctx, env, requests)
}

// onlyReason returns events where nothing but the free text of a person or a
// provider is bad.
func onlyReason(bad string) []kyc.Event {
	return []kyc.Event{
		kyc.StatusChanged{Trigger: kyc.ReportApproved, From: kyc.Approved, To: kyc.Approved, Cause: kyc.CauseReported, Reason: bad},
		kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported, Reason: bad},
		kyc.StatusRepeated{Trigger: kyc.ReportApproved, Status: kyc.Approved, Reason: bad},
		kyc.TransitionFlagged{Violation: kyc.Premature, Severity: kyc.SeverityLow, From: kyc.Approved, Reason: bad},
		kyc.WebhookDiscarded{Status: "S", Reason: bad},
		kyc.ContractViolated{Violation: kyc.KindMismatch, Severity: kyc.SeverityLow, Expected: bad},
		kyc.FlagResolved{Flag: 1, Resolution: kyc.ResolvedAccept, By: "alice", Note: bad},
		kyc.SnapshotObserved{Status: "APPROVED", Steps: []kyc.ObservedStep{{StepID: "1", Status: "APPROVED"}, {StepID: "2", Status: bad}}},
		kyc.DetailsAccessed{StepID: "1", By: "alice", Purpose: bad},
	}
}

// incompressible returns a text of n random letters.
func incompressible(n int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, seed))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('!' + random.IntN('~'-'!'+1))
	}
	return string(b)
}

func impossibleIDs(ctx context.Context, env *Env) error {
	return refused(ctx, env, map[string]eventlog.Request{
		"no app":                  write("", "a", "never"),
		"no session":              write("default", "", "never"),
		"an app with a slash":     write("a/b", "a", "never"),
		"no delivery id":          delivered("", "bytes", write("default", "a", "never")),
		"a long session id":       write("default", strings.Repeat("s", eventlog.MaxSessionID+1), "never"),
		"a long delivery id":      delivered(strings.Repeat("d", eventlog.MaxDeliveryID+1), "bytes", write("default", "a", "never")),
		"a long id of long runes": write("default", strings.Repeat("é", eventlog.MaxSessionID/2+1), "never"),
	})
}

func impossibleReads(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if err := appendAll(ctx, s, write("default", "a", "1")); err != nil {
		return err
	}
	for _, bad := range append(unstorable(), strings.Repeat("x", 10_000)) {
		var stray int
		for _, stream := range []eventlog.Stream{stream(bad, "a"), stream("default", bad)} {
			events, failed := s.ReadStream(ctx, stream, 0, 10)
			_, found, notFound := s.FindSession(ctx, stream)
			err = errors.Join(err, failed, notFound, holds(!found, "a session was found under %q", bad))
			stray += len(events)
		}
		for _, f := range []eventlog.Filter{{App: kyc.App(bad)}, {Type: bad}} {
			events, scanned, failed := s.ReadFiltered(ctx, f, 0, 10)
			err = errors.Join(err, failed, holds(scanned == 1, "a filter by %q looked through %d of 1 events", bad, scanned))
			stray += len(events)
		}
		strays, failed := impossibleRows(ctx, s, bad)
		err = errors.Join(err, failed, holds(stray+strays == 0, "%d events or rows were found under %q", stray+strays, bad))
	}
	return err
}

func impossibleRows(ctx context.Context, s Store, bad string) (found int, err error) {
	for _, f := range []query.SessionFilter{{App: kyc.App(bad)}, {Service: kyc.Service(bad)}} {
		rows, failed := s.ListSessions(ctx, f, 10, 10)
		found, err = found+len(rows), errors.Join(err, failed)
	}
	flags, failed := s.ListFlags(ctx, query.FlagFilter{App: kyc.App(bad)}, 10, 10)
	f := allHours
	f.App = kyc.App(bad)
	counts, top, notCounted := s.SumStats(ctx, f, 10)
	return found + len(flags) + len(counts) + len(top), errors.Join(err, failed, notCounted)
}
