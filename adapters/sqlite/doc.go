// Package sqlite opens the store on SQLite, without cgo: the connections, the
// statements that only SQLite understands and the classes of its errors.
//
// Processes that share a file may all append, but wake each other only by
// polling.
package sqlite
