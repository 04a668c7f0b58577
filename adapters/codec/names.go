package codec

// The names of stored events. They are constants, not derived from Go types: a
// renamed type must not break history.
const (
	StatusChangedV1     = "kyc.status_changed.v1"
	SessionResetV1      = "kyc.session_reset.v1"
	StatusRepeatedV1    = "kyc.status_repeated.v1"
	TransitionFlaggedV1 = "kyc.transition_flagged.v1"
	WebhookDiscardedV1  = "kyc.webhook_discarded.v1"
	ContractViolatedV1  = "kyc.contract_violated.v1"
	FlagResolvedV1      = "kyc.flag_resolved.v1"
	SnapshotObservedV1  = "kyc.snapshot_observed.v1"
	DetailsAccessedV1   = "kyc.details_accessed.v1"
)

// Names returns every name that was ever written.
func Names() []string {
	return []string{
		StatusChangedV1, SessionResetV1, StatusRepeatedV1, TransitionFlaggedV1,
		WebhookDiscardedV1, ContractViolatedV1, FlagResolvedV1,
		SnapshotObservedV1, DetailsAccessedV1,
	}
}
