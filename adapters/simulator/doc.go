// Package simulator plays Synaps behind its relay, Hookdeck: it makes up
// sessions that live whole lives and sends their status webhooks to a running
// server.
//
// [Plan] promises the same deliveries, byte for byte and in the same order, for
// the same [Config]: it depends on the seed, the number of sessions and the
// shares, and on neither the clock nor the network. It yields them one at a
// time and keeps a bounded number of sessions in memory, however many there
// are. With all fault rates at zero every delivery is one that the state
// machine of domain/kyc applies, and nothing about it breaks the provider's
// contract.
//
// Each [Delivery] says what it is, a [Class]. That is what was sent, not what a
// receiver must make of it: a late PENDING_VERIFICATION may heal, be harmless,
// or be flagged, and where faults meet in one session the one changes what the
// other does.
//
// [Run] sends a plan over HTTP. The deliveries of one session go out one after
// another, in the plan's order; those of different sessions at once. It tries
// again as the relay would, and tells in a [Summary] what was sent and what came
// back.
//
// Two runs with one seed use the same delivery ids, so a server that has seen
// the first answers the second with nothing but duplicates.
//
// A session id is a credential, and so is the secret in the webhook's URL.
// Neither appears in an error, a [Summary] or a formatted value of this package;
// the only places that hold them are Config and the body of a Delivery.
package simulator
