// Package replay folds the whole log once more, from its first event, and
// counts what it holds: it is how the log is read when no read model is to be
// trusted.
//
// A fold reads the log in order, in pages of positions, and shares the streams
// out among workers, so that each stream keeps its order. It needs the memory of
// every session that it has met, and judges nothing again: history is not
// measured by today's rules. It finds out that positions or versions are missing,
// and refuses to count a log that is not whole.
package replay
