// Package query holds the questions that the read models and the log answer:
// one file per question.
//
// Every answer says the position that it has seen: all events up to it are in
// the answer, and some after it may be.
package query
