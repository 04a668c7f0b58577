// Package fakesynaps is a Synaps for tests and demonstrations: it keeps
// sessions, moves them through whole lives, answers the v4 API about them and
// sends the webhooks of their changes, of which it can lose, delay, duplicate
// and reorder some.
//
// The sessions, their changes and what happens to each webhook follow from the
// seed: they depend on neither the clock nor the network. So do the faults of
// the API's answers, by the order in which they are asked for. With all rates at
// zero every webhook is one that the state machine of domain/kyc applies, and a
// receiver of them all ends with what the API shows.
//
// Its API may lag behind the webhooks, as a real one does. [Provider.Truth] is what
// it would show of every session without that, and
// [Provider.Untold] and [Provider.Overtaken] are the changes of which a receiver
// can't know, or can't know the order: what differs between a receiver and the
// truth must come from one of them.
//
// The base URL of the API is that of the server which [Provider.Handler] is
// mounted in, and /v4. All personal data in it are invented, and look it.
package fakesynaps
