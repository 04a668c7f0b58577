// Package tiles serves the transparency log as C2SP tlog-tiles under /log/, for
// monitors and witnesses that know no more of Dossier than that: the newest
// signed checkpoint, the tiles of the Merkle tree, and the entries that its
// leaves are the hashes of.
//
// Checkpoint, key and tiles tell nothing but how many events there are, so
// anyone may read them. The entries name sessions: they need a token.
package tiles
