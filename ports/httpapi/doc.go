// Package httpapi is the inbound read-model HTTP API: sessions, their
// timelines, the log, flags and their resolution, what the provider's API has of
// a session, and how far the read models are. It answers JSON, and RFC 9457
// problems with a stable type where it can't.
//
// It promises:
//
//   - `data` and `metadata` of an event leave as the exact text that the log
//     holds, byte by byte.
//   - Every answer of a read model says in `Dossier-Position` what it has seen;
//     `min_position` asks for an answer that has seen at least that.
//   - What an auditor asks for, and every export, is recorded before it is
//     answered; what can't be recorded is not answered.
//   - What the provider keeps of a person is passed on byte by byte and never
//     kept, and only once the log says who looked at it and why.
//   - A session id, a token or a secret is never in a log line or in a problem.
//   - What it serves is described by `/openapi.json`: the description and the
//     validation of requests come from the same Go types. `/asyncapi.json`
//     describes the events that leave, on every way; anyone may read both.
//   - A live stream has every event that its filter picks once and in order,
//     over interruptions too, and holds no more than a page for a slow client.
//
// It does not serve `/metrics`, nor anything that a provider calls.
//
// Lists answer `next_cursor`, which is empty on the last page. A cursor belongs
// to the filter that it was made with. Pages of events answer where the next
// page goes on, `next_after` or `next_after_version`; it is present on an empty
// page, too, so that a caller at the head can ask again from there.
package httpapi
