// Package translog is the transparency log over the event log: a Merkle tree
// with one leaf for each event, in position order, and a signed checkpoint that
// commits to all of it.
//
// Who keeps a checkpoint can later be shown that nothing before it was changed,
// removed or put in between (consistency), and that an event is part of it
// (inclusion). The tree is that of RFC 6962, the checkpoint that of C2SP
// tlog-checkpoint, the tiles those of C2SP tlog-tiles; docs/transparency.md
// describes them byte by byte.
//
// It does not prove that what was recorded is true, nor, without an earlier
// checkpoint, that the log was not written anew as a whole.
package translog
