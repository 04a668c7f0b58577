// Package postgres opens the store on PostgreSQL: the connections, the
// statements that only PostgreSQL understands, the classes of its errors, and
// the wake-up between processes.
package postgres
