// Package evidence makes and verifies what can be taken away from Dossier and
// still be proved: the evidence of one session, and exports of the log.
//
// It promises that a file which verifies holds exactly the events that the log
// had at those positions when its key signed the checkpoint; that whatever was
// changed in a file is a finding, with the position where that can be told; and
// that the report says what was not proved. Verifying needs the file and the
// log's verifier key, no database and no network.
//
// It does not promise that what was recorded is true, nor, without a checkpoint
// that was kept from another time, that the log as a whole was not written anew
// by someone who has its key.
//
// Files are read strictly: every field is there once, in its own spelling, no
// other is, numbers are whole and at most 2^53-1 either way, text is UTF-8. Two
// programs can't read different things out of one file.
//
// # Evidence of a session, dossier-evidence/v1
//
// One JSON object. Its session_id is a credential, which opens the person's
// verification page: keep the file as secret as that.
//
//	format       "dossier-evidence/v1"
//	program      the program that wrote it, with its version
//	exported_at  when; RFC 3339, UTC, with six digits of a second
//	app          the slug of the app
//	session_id   the provider's id of the session
//	rules        what kind and status were derived by:
//	  pinned_kind        the kind of all the app's sessions; empty: inferred
//	  required_services  those that each need an approved step; []: steps never approve their session
//	session      the folded state, as GET /v1/sessions/{app}/{session_id} answers it
//	events       the session's events in order, all of them, each with
//	  position           in the log, over all apps: 1, 2, 3, ...
//	  event_id           a UUIDv7
//	  app, session_id    the stream that it belongs to
//	  version            in the session's history: 1, 2, 3, ...
//	  type               such as kyc.status_changed.v1
//	  recorded_at        microseconds since 1970 UTC
//	  data, metadata     the stored text byte by byte, as JSON strings
//	  proof              the inclusion proof of RFC 6962, section 2.1.1: hashes in base64, from the leaf up
//	machine      the state machine as it was:
//	  automatic_services those whose steps follow the flow "automatic"; all others follow "submission"
//	  moves              flow, from, trigger, to: every move that is allowed
//	checkpoint   the signed checkpoint that the proofs are for, a note of C2SP tlog-checkpoint
//	statement    a note signed by the same key, or empty if the exporter had it not:
//	             then the evidence is incomplete
//
// The leaf of an event is the hash of translog.Entry, which docs/transparency.md
// gives byte by byte.
//
// The text of a statement is five lines:
//
//	dossier/evidence/v1
//	stream 5b1c…    SHA-256 of app/session_id, in hexadecimal
//	events 5        how many the session had
//	size 17         that of the checkpoint
//	content 9f03…   SHA-256 of the object without its statement, in the canonical form of RFC 8785
//
// Inclusion proofs can't show that a session had no later event, nor that the
// state, the rules or the table are as they were written: the statement does,
// on the word of the log's key.
//
// # Export of the log, dossier-log/v1
//
// A folder of two files. events.jsonl has one event a line, in position order,
// with the fields of an event above except for its proof, and
//
//	leaf         the hash of its leaf in the tree, in base64
//
// manifest.json is written last, and holds
//
//	format       "dossier-log/v1"
//	from, to     the first and the last position
//	count        how many lines there are: to - from + 1
//	bytes        the length of events.jsonl
//	sha256       of events.jsonl, in hexadecimal
//	frontier     the roots of the complete subtrees that the first from - 1 leaves fall into, the largest first, in base64
//	consistency  the consistency proof of RFC 6962, section 2.1.2, from a tree of to events to that of the checkpoint
//	checkpoint   the signed checkpoint, which covers to
//
// With the frontier, the leaves of the lines give the root of the tree of to
// events; the consistency proof leads from it to the signed one.
package evidence
