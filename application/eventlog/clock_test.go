package eventlog_test

import (
	"testing"
	"time"

	"dossier/application/eventlog"
)

func TestTheClockIsReadFromTheMetadata(t *testing.T) {
	recorded := time.UnixMicro(1_763_907_000_000_000).UTC()
	said := time.UnixMicro(1_763_906_000_000_000).UTC()
	for metadata, want := range map[string]time.Time{
		`{}`:                         recorded,
		`{"clock":1763906000000000}`: said,
		`{"actor":"ada","clock":1763906000000000,"payload":"{}"}`: said,
		`{"payload":"{\"clock\":1763906000000000}"}`:              recorded, // a webhook can't set it
		`{"clock":`:    recorded,
		`{"clock":x}`:  recorded,
		`{"clock":12`:  recorded,
		``:             recorded,
		`{"clock":""}`: recorded,
	} {
		if got := (eventlog.Recorded{Metadata: metadata, RecordedAt: recorded}).Clock(); !got.Equal(want) {
			t.Errorf("%s: %s, want %s", metadata, got, want)
		}
	}
}
