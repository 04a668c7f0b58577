// Package asyncapi describes, as an AsyncAPI 3.0 document, what Dossier sends:
// every event, over each transport that it leaves by.
//
// It promises:
//
//   - Payloads are described by the schemas of docs/schemas, which are made from
//     the Go types: an event that is added there is described here.
//   - The document refers to nothing outside of itself.
//
// The live stream is served by this server. The others are described as a relay
// publishes with its defaults: the names of a subject, topic, stream or receiver
// are whatever the relay was given.
package asyncapi
