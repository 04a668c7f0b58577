// Package reconcile settles what webhooks leave open, by what the provider's API
// shows.
//
// A [Follower] reads the log and has each session reconciled that webhooks may
// have left wrong: after a flag, after a healing and after a delivery that came
// late. A [Sweep] does the same with sessions that have not settled for long. Both
// run in one process at a time, the holder of the consumer group [GroupName].
//
// They promise:
//
//   - Nothing is forgotten in a crash: the group's position moves only behind
//     events whose sessions were reconciled, or given up.
//   - A burst of webhooks of a session costs one call. What reconciliation itself
//     records never causes another.
//   - An answer that may be older than a webhook is asked for again, also after a
//     restart: it is in the log, and the position stays before it.
//   - An API that is away stops them, and nothing else; they go on by themselves.
//     The position stays, so the group's lag shows it.
//   - A session that the API refuses, or answers what can't be read, holds nobody
//     up: after a few attempts it is left to the sweep.
//
// They do not promise one snapshot for each event, nor that a crash causes none
// twice.
package reconcile
