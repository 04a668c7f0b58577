package audit

// Check is one thing that is checked, named by a slug that stays the same.
type Check struct{ slug, meaning string }

// String returns the slug.
func (c Check) String() string { return c.slug }

// Meaning says what a finding of this check means, in one line.
func (c Check) Meaning() string { return c.meaning }

// The checks of the log itself.
var (
	PositionHole   = Check{"position-hole", "positions are missing from the log: events were removed"}
	TimeBackwards  = Check{"time-backwards", "an event was recorded before the one at the position before it"}
	EventID        = Check{"event-id", "an event's id is not a UUIDv7"}
	EventStream    = Check{"event-stream", "an event's stream has not the form app/session_id"}
	EventData      = Check{"event-data", "an event's data no longer decodes as what its type promises"}
	EventMetadata  = Check{"event-metadata", "an event's metadata no longer decodes"}
	PayloadHash    = Check{"payload-hash", "a recorded payload is not the one that its recorded SHA-256 is of"}
	VersionHole    = Check{"version-hole", "versions of a stream are missing"}
	VersionOrder   = Check{"version-order", "versions of a stream are in another order than positions"}
	TriggerMissing = Check{"trigger-missing", "a trigger that keeps a log append-only is missing, or can be passed by: find out since when, and by whom"}
)

// The checks of what is derived from the log.
var (
	HeadMissing      = Check{"head-missing", "a stream has events and no head"}
	HeadForeign      = Check{"head-foreign", "there is a head of a stream without events"}
	HeadVersion      = Check{"head-version", "a head has another version than the last event of its stream"}
	HeadState        = Check{"head-state", "a head holds another state than its stream's events make"}
	ModelVersion     = Check{"model-version", "a read model was made by another version of it, or under other rules"}
	ModelAhead       = Check{"model-ahead", "a read model has folded positions that the log does not have"}
	SessionMissing   = Check{"session-missing", "the read model lacks a session"}
	SessionExtra     = Check{"session-extra", "the read model has a session that the log does not have"}
	SessionDiffers   = Check{"session-differs", "the read model has a session otherwise than its events make it"}
	StepMissing      = Check{"step-missing", "the read model lacks a step"}
	StepExtra        = Check{"step-extra", "the read model has a step that the log does not have"}
	StepDiffers      = Check{"step-differs", "the read model has a step otherwise than its session's events make it"}
	FlagMissing      = Check{"flag-missing", "the read model lacks a flag"}
	FlagExtra        = Check{"flag-extra", "the read model has a flag that the log does not have"}
	FlagDiffers      = Check{"flag-differs", "the read model has a flag otherwise than its session's events make it"}
	StatisticsDiffer = Check{"statistics-differ", "a count of the statistics is not what the log makes"}
	WaitingDiffers   = Check{"waiting-differs", "the statistics know other tracks that wait for a decision than the log makes"}
	DeliveryMissing  = Check{"delivery-missing", "an event came by a delivery that is not remembered, though it is younger than 90 days"}
	DeliveryEvent    = Check{"delivery-event", "a delivery points at another event than the one that it brought"}
	DeliveryHash     = Check{"delivery-hash", "a delivery has another SHA-256 than its event"}
)

// The checks against the transparency log.
var (
	EventAltered           = Check{"event-altered", "an event is not the one that the transparency log has committed to"}
	TileAltered            = Check{"tile-altered", "a stored hash of the tree is not that of the events which a checkpoint has committed to"}
	LeafDiffers            = Check{"leaf-differs", "an event and its stored leaf contradict each other, and no checkpoint decides"}
	TileDiffers            = Check{"tile-differs", "a stored hash of the tree is not that of the leaves below it"}
	TileMissing            = Check{"tile-missing", "a hash of the tree is not stored"}
	CheckpointMalformed    = Check{"checkpoint-malformed", "a stored checkpoint can't be read, or is of another size than its row says"}
	CheckpointSignature    = Check{"checkpoint-signature", "a checkpoint is not signed by the key of the log"}
	CheckpointRoot         = Check{"checkpoint-root", "a stored checkpoint commits to other events than the log has"}
	CheckpointInconsistent = Check{"checkpoint-inconsistent", "a checkpoint that was kept elsewhere commits to other events than the log has"}
	LogCutOff              = Check{"log-cut-off", "the log ends before positions that were committed to"}
	LogCutBack             = Check{"log-cut-back", "servers recorded that the last events of the log were lost, as by a failover or a restored backup"}
	NotSigned              = Check{"not-signed", "events have waited for a signature for more than 10 minutes: signing stands still"}
)

// Checks returns every check, in the order of the documentation.
func Checks() []Check {
	return []Check{
		PositionHole, TimeBackwards, EventID, EventStream, EventData, EventMetadata, PayloadHash, VersionHole, VersionOrder, TriggerMissing,
		HeadMissing, HeadForeign, HeadVersion, HeadState, ModelVersion, ModelAhead,
		SessionMissing, SessionExtra, SessionDiffers, StepMissing, StepExtra, StepDiffers,
		FlagMissing, FlagExtra, FlagDiffers, StatisticsDiffer, WaitingDiffers,
		DeliveryMissing, DeliveryEvent, DeliveryHash,
		EventAltered, TileAltered, LeafDiffers, TileDiffers, TileMissing,
		CheckpointMalformed, CheckpointSignature, CheckpointRoot, CheckpointInconsistent, LogCutOff, LogCutBack, NotSigned,
	}
}
