// Package pgmove takes a PostgreSQL database elsewhere.
package pgmove
