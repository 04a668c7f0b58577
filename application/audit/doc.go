// Package audit checks a whole store against its log, without writing
// anything: that the log has no holes and runs in order, that everything which
// is derived from it (heads, read models, deliveries) is what the log makes,
// and that the log is the one which the transparency log has committed to.
//
// It reads in pages, each of them one snapshot in which the answer is exact, so
// that it may run beside a service that writes. Its memory is that of a page.
//
// It calls an event altered only if a signed checkpoint says so. Elsewhere it
// says what was expected and what was found: of two that contradict each other
// the log is believed, and not what was derived from it. A log that was cut off
// at its end, or written anew as a whole together with its tree and its
// checkpoints, is found out by a checkpoint that someone kept elsewhere, and by
// nothing else.
//
// What it finds names an app, a position and a version. A session is named by
// its stream, whose id prints as a placeholder: who shows a finding makes a
// reference of it.
package audit
