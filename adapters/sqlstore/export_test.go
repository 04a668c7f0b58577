package sqlstore

// The statements that read by pages, for what a busy session costs them.
const (
	DeliveryRows  = auditDeliveryRows
	FlagRows      = auditFlagRows
	ChunkEnd      = chunkEndOfEvents
	ChunkOfEvents = chunkOfEvents
	StreamPage    = selectStream
	LogPage       = selectAll
	FilteredPage  = selectFiltered
	ReplayPage    = selectRows
	NextStream    = auditNextEventKey
)
