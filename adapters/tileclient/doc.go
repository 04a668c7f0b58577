// Package tileclient reads a transparency log over HTTP, as C2SP tlog-tiles
// serves it, and trusts nothing that it reads but a signature: every hash is
// checked against the signed root.
package tileclient
