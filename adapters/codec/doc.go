// Package codec is the stored form of events: their names, their JSON and that
// of what is kept beside them.
//
// A name carries a version and never changes its meaning. An event that needs
// another form gets a new name, and the old one is decoded into the new Go type
// for ever: Names lists every name that was ever written. The golden files
// under testdata hold stored events of each name.
//
//	name                       data
//	kyc.status_changed.v1      {"step_id":"1253242","service":"LIVENESS","trigger":"APPROVED","from":"PENDING_VERIFICATION","to":"APPROVED","cause":"reported"}
//	kyc.session_reset.v1       {"cycle":2,"cause":"reported"}
//	kyc.status_repeated.v1     {"step_id":"1253242","service":"LIVENESS","trigger":"APPROVED","status":"APPROVED"}
//	kyc.transition_flagged.v1  {"step_id":"1253242","service":"LIVENESS","violation":"premature","severity":"medium","from":"SUBMISSION_REQUIRED","attempted":"APPROVED"}
//	kyc.webhook_discarded.v1   {"status":"ON_HOLD"}
//	kyc.contract_violated.v1   {"service":"AML","violation":"kind_mismatch","severity":"low","expected":"corporate"}
//	kyc.flag_resolved.v1       {"flag":12,"decision":"dismiss","by":"alice","note":"agreed with the provider by phone"}
//	kyc.snapshot_observed.v1   {"status":"APPROVED","steps":[{"step_id":"1253242","service":"LIVENESS","status":"APPROVED"}]}
//	kyc.details_accessed.v1    {"step_id":"1253242","by":"alice","purpose":"the customer disputes the rejection"}
//
// Empty text, zero numbers and false are left out.
//
// # A new event
//
//   - its Go type, in domain/kyc/event.go, and what applying it does;
//   - its name, in names.go;
//   - its form with the tags that describe it, in stored.go; how that is read, in
//     forms.go, and what event it stands for, in events.go; the decoder, in
//     decode.go;
//   - how it is written, in encode.go, with its texts from outside;
//   - golden events in golden_test.go and a drawn one in roundtrip_test.go, its
//     form in plain_internal_test.go, and a maker in docs/schemas/events_test.go;
//   - a row above, and a section in docs/events.md: when, and what to do.
//
// Then write what is made of these, twice, for the second makes the examples of
// the first:
//
//	go test -p 1 ./adapters/codec ./ports/httpapi ./docs/schemas -update
//
// The tests of these packages fail while anything of it is missing. The rest (the
// AsyncAPI document, the envelopes' schemas) follows by itself.
//
// # A new version of an event
//
// It is a new event, v2, except that it has the Go type of the old one. The old
// form stays with its decoder, its schema and its golden events, and is upcast: it
// gets a method next, which returns the form that came after it, and its event is
// the event of that. Only the encoder forgets it. So old forms make a chain, each
// of which knows the next one alone, and what is stored is never written anew:
// the proofs are about the old text. upcast_internal_test.go plays it through.
//
// A server that does not know a name can't read the log on. So a name is read by
// one release before the next one writes it, and servers can be upgraded one by
// one, and back.
package codec
