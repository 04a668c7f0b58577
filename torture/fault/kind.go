// Package fault names what is done to the servers and their neighbours, and
// plans when: a schedule follows from its seed and from nothing else.
package fault

import "time"

// Kind is one way to break something.
type Kind string

// The kinds of faults. docs/faults.md has a line for each.
const (
	ServerKilled           Kind = "server killed"
	ServerKilledInShutdown Kind = "server killed in shutdown"
	ServerKilledInStart    Kind = "server killed in start"
	ServerKilledInSeal     Kind = "server killed in seal"
	ServerFrozen           Kind = "server frozen"
	ServerRestarted        Kind = "server restarted"
	RebuildKilled          Kind = "rebuild killed"
	MigrationKilled        Kind = "migration killed"
	SubscriberKilled       Kind = "subscriber killed"
	StreamCut              Kind = "stream cut"
	BrokerLeaderKilled     Kind = "broker's leader killed"
	RelayKilled            Kind = "relay killed"
	ReceiverAway           Kind = "receiver away"
	ClockStepped           Kind = "clock stepped"
	DiskFull               Kind = "disk full"

	DatabaseRestarted  Kind = "database restarted"
	DatabaseKilled     Kind = "database killed"
	DatabaseFrozen     Kind = "database frozen"
	CommitUnanswered   Kind = "commit unanswered"
	CommitUnsent       Kind = "commit unsent"
	ConnectionsReset   Kind = "connections reset"
	ConnectionsStalled Kind = "connections stalled"
	SessionsTerminated Kind = "sessions terminated"
	StandbyAway        Kind = "standby away"
	FailedOver         Kind = "failed over"
	FailedOverBehind   Kind = "failed over to a standby that was away"

	FailedOverWithLoss Kind = "failed over with loss"

	ProviderLags Kind = "provider lags"
	ProviderErrs Kind = "provider errs"
	ProviderLies Kind = "provider lies"
)

// held is how long a fault of a kind lasts, from and to; nothing is held that
// is over when it is done.
func (k Kind) held() (shortest, longest time.Duration) {
	switch k {
	case ServerKilled, DatabaseRestarted, DatabaseKilled, FailedOver, BrokerLeaderKilled:
		return 0, time.Second
	case ServerFrozen, DatabaseFrozen, ConnectionsStalled:
		return 500 * time.Millisecond, 9 * time.Second
	case DiskFull, ReceiverAway:
		return 500 * time.Millisecond, 4 * time.Second
	case StandbyAway, FailedOverBehind:
		return 500 * time.Millisecond, 20 * time.Second
	case FailedOverWithLoss:
		return 200 * time.Millisecond, 3 * time.Second
	case ClockStepped:
		return time.Second, 3 * time.Second
	case ProviderLags, ProviderErrs, ProviderLies:
		return time.Second, 8 * time.Second
	default:
		return 0, 0
	}
}
