// Package command holds what changes the log: one file per command.
package command
