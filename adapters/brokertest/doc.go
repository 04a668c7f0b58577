// Package brokertest is the conformance suite of brokers: what [relay.Broker]
// promises, tested over a server that can be stopped and started again.
package brokertest
