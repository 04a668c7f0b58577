package codec_test

import (
	"testing"

	"dossier/adapters/codec"
)

func TestTheCorrelationIsFoundWithoutParsing(t *testing.T) {
	for metadata, want := range map[string]string{
		`{}`:                     "own",
		`{"causation_id":"a-b"}`: "a-b",
		`{"attempt":1,"causation_id":"a-b","payload":"x"}`:   "a-b",
		`{"payload":"{\"causation_id\":\"a-b\"}"}`:           "own",
		`{"payload":"\\\"causation_id\\\":\\\"a-b\\\""}`:     "own",
		`{"request_id":"causation_id","payload":"\":\"a"}`:   "own",
		`{"payload":"\",\"causation_id\":\"","attempt":"a"}`: "own",
		`{"causation_id":"`: "own",
	} {
		if got := codec.CorrelationID(metadata, "own"); got != want {
			t.Errorf("%s: %q, want %q", metadata, got, want)
		}
	}
}
