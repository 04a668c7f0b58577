package codec_test

import (
	"testing"

	"dossier/adapters/codec"
)

// BenchmarkDecode measures the event that a log has most.
func BenchmarkDecode(b *testing.B) {
	for name, data := range map[string]string{
		"plain":   `{"step_id":"1253242","service":"LIVENESS","trigger":"APPROVED","from":"PENDING_VERIFICATION","to":"APPROVED","cause":"reported"}`,
		"escaped": `{"step_id":"1253242","service":"LIVENESS","trigger":"REJECTED","from":"PENDING_VERIFICATION","to":"REJECTED","reason":"\"forged\"","cause":"reported"}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.Decode(codec.StatusChangedV1, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
