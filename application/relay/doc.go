// Package relay takes the events of the log to where a firm's other services
// want them: to a message broker, or to an HTTP receiver.
//
// A relay promises:
//
//   - At least once: its position moves only behind events that the broker has
//     stored, or that the receiver has accepted or that are deferred durably. A
//     crash between a delivery and the move delivers again, and loses nothing.
//   - Order per session: a message is sent only after all earlier ones of its
//     session were stored or accepted. Messages of different sessions overtake
//     each other. What is sent again may come behind later ones that were sent
//     before.
//   - One relay of a name is active, whatever the number of processes. The others
//     stand by. Its place is the consumer group [consumer.RelayName] of the topic
//     of events.
//   - It goes on by itself after an outage of the database, of the broker or of
//     the receiver.
//
// It does not promise that nothing is sent twice: consumers tell duplicates by
// the event's id.
//
// # Brokers
//
// A page of events is dealt onto lanes by session; each lane publishes its
// messages in order, and the page ends when all lanes have. A lane that fails is
// published again, whole, until the broker has stored it, with a wait of 0.2 to
// 15 seconds; nothing is skipped. The same holds for [ErrRefused], which is
// logged as an error: a person has to change something, and then the relay goes
// on.
//
// # Receivers
//
// The messages of a session are delivered one at a time. One that is not accepted
// is deferred: it is stored with the reason, and so is all that comes later of
// its session, while the relay goes on with the others. A deferred message is
// tried again when it is due, see [ToReceiver.Waits]; when it is accepted, the
// session's next is tried at once. After the last attempt it is parked: its
// session stays behind it until a person replays it (see [Parking]), which a
// running relay notices within seconds.
//
// A receiver that is away altogether would have the whole log deferred row by
// row. So the relay counts the sessions that fail, and begins anew whenever
// something is accepted, be it a deferred message. Above five the receiver counts
// as away: no further session is begun, what was begun (up to [Feed.Lanes] at
// once) is settled, and the relay pauses, for 1 second at first, twice as long
// each time up to a minute, and for as long as the receiver asks for
// (Retry-After, up to an hour). After each pause one session is tried, and
// deferred if it fails. So sessions that are refused for ever can't hold up the
// log, and an outage defers about one a minute. Deferred messages are tried
// meanwhile when they are due; the first that is accepted ends the pause.
//
// A receiver that answers 410 ends the relay with [ErrGone]. Nothing is deferred
// for that, and the position stays before the message: a relay that is started
// again tries it again.
package relay
