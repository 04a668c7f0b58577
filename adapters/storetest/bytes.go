package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func bytesCases() []Case {
	return []Case{
		{"events and metadata are read back byte by byte", exactBytes},
		{"every type of event is read back as it was", everyType},
		{"long texts are read back byte by byte", longTexts},
	}
}

// oddTexts are texts that something on the way could change: JSON, SQL, a
// collation, a normalisation.
func oddTexts() []string {
	return []string{
		`plain`, ` spaces at both ends `, "tab\tnewline\nreturn\rbell\abackspace\bescape\x1b delete\x7f",
		`"quotes" and 'quotes' and back\slashes\\`, `\u0000 \n \x00 as letters`, `{"json": [1, 2.50, 1e3, null]}`,
		`<script>&amp;</script>`, "line\u2028and paragraph\u2029separators", "\u0085\u00a0\ufeff\u200b\u202e",
		"emoji 🙂👩‍👩‍👧 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "e\u0301 is not \u00e9", "\ufffd\ufffe\uffff \U0010ffff",
		`'; DROP TABLE events; --`, `%s %d $1 ? :name @name`, `{a,b,"c"}`, `NULL`, `0`, `1e5`, `true`, `\x41`,
	}
}

func exactBytes(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for _, odd := range oddTexts() {
		r := write("default", "a", odd)
		r.Metadata = eventlog.Metadata{
			DeliveryID: odd, RequestID: odd, Attempt: 3, AttemptTrigger: odd, OriginalIP: odd,
			Payload: odd, PayloadSHA256: odd, Actor: odd, CausationID: odd,
		}
		receipt, err := s.Append(ctx, r)
		if err != nil {
			return fmt.Errorf("append %q: %w", odd, err)
		}
		if err := readsBack(ctx, s, receipt.Position, note(odd), r.Metadata); err != nil {
			return fmt.Errorf("with %q: %w", odd, err)
		}
	}
	return says(ctx, s, oddTexts()...)
}

// readsBack reads one event in each way that there is. The bytes of the data
// are checked wherever a whole log is read.
func readsBack(ctx context.Context, log eventlog.Reader, position int64, event kyc.Event, m eventlog.Metadata) error {
	one, err := log.ReadOne(ctx, position)
	if err != nil {
		return err
	}
	all, err := log.ReadAll(ctx, position-1, 1)
	if err != nil {
		return err
	}
	inStream, err := log.ReadStream(ctx, one.Stream, one.Version-1, 1)
	if err != nil {
		return err
	}
	filtered, _, err := log.ReadFiltered(ctx, eventlog.Filter{App: one.Stream.App, Type: one.Type}, position-1, 1)
	return errors.Join(err, same("event", one.Event, event), hasMetadata(one, m), checkData("event", one),
		same("read in the log", all, []eventlog.Recorded{one}),
		same("read in its stream", inStream, []eventlog.Recorded{one}),
		same("read by a filter", filtered, []eventlog.Recorded{one}))
}

// everyEvent returns an event of each type with each of its fields set to
// something, and one with none of the optional ones.
func everyEvent(odd string) []kyc.Event {
	id, service := kyc.StepID(odd), kyc.Service(odd)
	return []kyc.Event{
		kyc.StatusChanged{StepID: id, Service: service, Trigger: kyc.ReportRejected, From: kyc.Approved, To: kyc.Rejected,
			Reason: odd, Cause: kyc.CauseOverride, Flag: 7, CompanyForm: true},
		kyc.SessionReset{Cycle: 2, Service: service, Reason: odd, Cause: kyc.CauseOverride, Flag: 7},
		kyc.StatusRepeated{StepID: id, Service: service, Trigger: kyc.ReportApproved, Status: kyc.Approved, Reason: odd, CompanyForm: true},
		kyc.TransitionFlagged{StepID: id, Service: service, Violation: kyc.DeliveryConflict, Severity: kyc.SeverityHigh,
			From: kyc.Approved, Status: odd, Reason: odd, CompanyForm: true},
		kyc.WebhookDiscarded{StepID: id, Service: service, Status: odd, Reason: odd},
		kyc.ContractViolated{StepID: id, Service: service, Violation: kyc.ServiceMismatch, Severity: kyc.SeverityLow, Expected: odd},
		kyc.FlagResolved{StepID: id, Flag: 4, Resolution: kyc.ResolvedDismiss, By: odd, Note: odd},
		kyc.SnapshotObserved{Company: true, Status: odd, Steps: []kyc.ObservedStep{{StepID: id, Service: service, Status: odd}, {}}},
		kyc.SnapshotObserved{Unknown: true, Status: odd},
		kyc.DetailsAccessed{StepID: id, By: odd, Purpose: odd},
	}
}

func everyType(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for _, odd := range append(oddTexts(), "") {
		events := everyEvent(odd)
		receipt, err := s.Append(ctx, request("default", "a", events...))
		if err != nil {
			return fmt.Errorf("append with %q: %w", odd, err)
		}
		stored, err := s.ReadAll(ctx, receipt.Position-1, len(events)+1)
		if err != nil {
			return err
		}
		got := make([]kyc.Event, 0, len(stored))
		for _, e := range stored {
			got = append(got, e.Event)
		}
		if err := same(fmt.Sprintf("events with %q", odd), got, events); err != nil {
			return err
		}
	}
	_, err = history(ctx, s)
	return err
}

// longTexts appends what no compression makes short, as long as a webhook may
// be, and next to one another.
func longTexts(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	var requests []eventlog.Request
	for range 20 {
		var long strings.Builder
		for long.Len() < 60<<10 {
			long.WriteRune(rune(random.IntN(0xd7ff) + 1))
		}
		r := write("default", "a", long.String())
		r.Metadata = eventlog.Metadata{Payload: long.String()}
		requests = append(requests, r)
	}
	appends, err := s.together(ctx, requests...)
	if err != nil {
		return err
	}
	for i, f := range appends {
		if f.err != nil {
			return f.err
		}
		said := requests[i].Metadata.Payload
		if err := readsBack(ctx, s, f.receipt.Position, note(said), requests[i].Metadata); err != nil {
			return err
		}
	}
	return nil
}
