// Package consumer is the contract of consumer groups: names under which readers
// of a topic keep their place.
//
// A group promises:
//
//   - Its position only moves by what its holder consumed, or by [Store.Seek].
//     All messages up to it were consumed.
//   - One holder at a time: who has not renewed its claim in time loses it to
//     the next, and can't move the group any more. So what a holder commits
//     together with a move happened once, whatever else went wrong.
//   - Groups know nothing of each other: none delays another.
//
// It does not promise that what was consumed without a transaction is not
// consumed again: a holder that dies between the two leaves its place behind.
package consumer
