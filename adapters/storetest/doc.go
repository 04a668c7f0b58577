// Package storetest is the conformance suite of stores: what the packages
// eventlog, projection, query, access, accesslog, consumer and relay promise of
// one, as cases that every store must pass.
//
// A case returns an error instead of failing a test, so that the suite can be
// tested itself: a plain store in memory passes it, and each deliberate fault of
// that store is caught by the case that is there for it.
//
// No case waits for time to pass. An append is stopped at its commit, and is
// seen to queue by the context that it was given; deadlines only bound how long
// a fault may hang.
package storetest
