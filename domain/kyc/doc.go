// Package kyc is the domain of identity verifications: the Session aggregate,
// the state machine of its tracks, the events that make up its history and the
// violations that a provider's reports can contain.
//
// It promises that a track's status changes by an allowed transition, by the
// healing of a late arrival or by a person's override, and by nothing else.
// It is pure: time and identity are arguments, and it knows neither storage,
// nor JSON, nor any provider.
//
// Deciding and applying are separate. A [Decider] asks the [Machine] and
// returns events; [Session.Apply] copies what an event says into the session
// and never consults the machine, so history is not judged again by the rules
// of a later day.
package kyc
