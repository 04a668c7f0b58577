// Package webhook is the inbound port of the provider Synaps: it turns the
// HTTP calls that a relay (Hookdeck) delivers into reports in the words of the
// domain, and their outcomes into HTTP answers.
//
// It promises:
//
//   - A 200 is sent only after the [Receiver] returned without an error, and a
//     webhook that is refused never reached it.
//   - What a later try could cure is answered 503 with Retry-After, or 401,
//     never another 4xx: the relay drops an event for good on a status that its
//     retry rule does not cover.
//   - A wrong secret, a missing one, an app that does not exist and a bad
//     signature get the same bytes, after the same comparisons.
//   - Neither the secret, nor the session id, nor anything of the payload gets
//     into a log line, a metric or an answer. Text of an unexpected error is
//     logged only after the session's data were cut out of it.
//
// It does not promise to withstand slow or endless connections: timeouts and
// limits of connections and headers are those of the server it is mounted in.
// Nor does it forget deliveries that came before: that is the event log's part.
package webhook
