// Package codec is the stored form of events: their names, their JSON and that
// of what is kept beside them.
//
// A name carries a version and never changes its meaning. An event that needs
// another form gets a new name, and the old one is decoded into the new Go type
// for ever: decoders lists every name that was ever written. The golden files
// under testdata hold one stored event of each name.
//
//	name                       data
//	kyc.status_changed.v1      {"step_id":"1253242","service":"LIVENESS","trigger":"APPROVED","from":"PENDING_VERIFICATION","to":"APPROVED","cause":"reported"}
//	kyc.session_reset.v1       {"cycle":2,"cause":"reported"}
//	kyc.status_repeated.v1     {"step_id":"1253242","service":"LIVENESS","trigger":"APPROVED","status":"APPROVED"}
//	kyc.transition_flagged.v1  {"step_id":"1253242","service":"LIVENESS","violation":"premature","severity":"medium","from":"SUBMISSION_REQUIRED","attempted":"APPROVED"}
//	kyc.webhook_discarded.v1   {"status":"ON_HOLD"}
//	kyc.contract_violated.v1   {"service":"AML","violation":"kind_mismatch","severity":"low","expected":"corporate"}
//	kyc.flag_resolved.v1       {"flag":12,"decision":"dismiss","by":"alice","note":"agreed with the provider by phone"}
//
// Empty text, zero numbers and false are left out.
package codec
