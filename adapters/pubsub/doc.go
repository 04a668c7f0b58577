// Package pubsub lets other programs consume what Dossier records: it is a
// Watermill subscriber of the topic [Topic] on Dossier's database, and a
// publisher and subscriber of topics of one's own beside it.
//
// It promises:
//
//   - Messages come in the order of their positions, each after the one before
//     was acknowledged, and none is left out.
//   - A group consumes with one subscription at a time. Others of the same group
//     stand by and take over when it ends, or has not been heard of for a while.
//     Groups do not wait for each other.
//   - What a handler writes through its message's transaction ([Tx], or
//     Watermill's TxFromContext) is committed together with the group's place:
//     exactly once, whatever crashes, and not at all if the message is not
//     acknowledged. The transaction begins when it is first used. Until then
//     nothing is held, however slow a handler is.
//   - A subscription is woken by an append.
//
// It does not promise that a handler that writes elsewhere sees a message once:
// after a crash, or when another subscription takes over from one that stopped
// to answer, the last messages come again.
//
// # Messages
//
// The UUID of a message is the event's id, its payload the event's data, the
// exact JSON text. The metadata names:
//
//	position        7
//	app             default
//	session_id      2ac3f7ab-… (a credential: never log it)
//	version         2 (within the session)
//	type            kyc.status_changed.v1
//	recorded_at     2026-03-01T12:00:00.000000Z
//	metadata        {"delivery_id":"evt_…",…} (how the event came)
//	correlation_id  0190163d-… (the first event that the same webhook or decision brought)
//
// [Decode] reads all of it into Go types.
package pubsub
