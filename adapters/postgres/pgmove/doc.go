// Package pgmove takes a PostgreSQL database elsewhere: a backup by pg_dump, and
// a restore by pg_restore into an empty database. Both programs must be on the
// PATH, and be as new as the server.
//
// It is for databases of a size that a dump suits. Base backups with archived
// WAL lose less and take no longer for a larger one; they are the business of
// PostgreSQL's own tools.
package pgmove
