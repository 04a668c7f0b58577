// Package eventlog is the contract of the event log: what an event looks like
// once it is recorded, how events are appended and how they are read.
//
// The log promises:
//
//   - Positions are 1, 2, 3, ... without holes, in commit order, over all
//     streams. A reader that has seen N and reads after N misses nothing.
//   - Versions are 1, 2, 3, ... without holes within a stream.
//   - What was appended is never changed or removed, and is read back byte by
//     byte as it was written. Times do not run backwards along positions.
//   - When Append answers without an error, the events are durable.
//   - A delivery is stored together with its events, or not at all.
//
// It does not promise to know, after an [ErrOutcomeUnknown], whether the events
// were stored: send the same delivery again.
package eventlog
