// Package accesslog is the contract of the access log: who read or exported
// what, and when. It is kept for the day when someone asks who saw a person's
// record, so it is written before the answer: what could not be recorded is not
// shown.
//
// The access log promises:
//
//   - Numbers are 1, 2, 3, ... without holes, in commit order. A reader that has
//     seen N and reads after N misses nothing, and sees that nothing was taken
//     out. They do not rely on the clock.
//   - What was recorded is never changed or removed.
//   - When Record answers without an error, the entry is durable.
//
// It does not promise that an entry was answered: it stands for the attempt, and
// the call may have been refused or have failed after it. It records no answer,
// and nothing of an answer.
package accesslog
