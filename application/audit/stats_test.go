package audit

import (
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// A clock was ahead for one event: the times of records stand still after it,
// and the statistics go by the clock.
func TestStatisticsAreCheckedByTheClock(t *testing.T) {
	v := &Verifier{}
	v.stats = statistics{counts: map[StatKey]int64{}, upTo: 9}
	p := (&chunkPass{Verifier: v}).newStatPass()
	recorded := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	const clock = 1772366400000000 // a day before
	stream := eventlog.Stream{App: "a", Session: "s"}
	err := p.add(t.Context(), eventlog.Recorded{
		Position: 1, Stream: stream, Version: 1, RecordedAt: recorded, Metadata: `{"clock":1772366400000000}`,
		Event: kyc.StatusChanged{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification, From: kyc.SubmissionRequired, To: kyc.PendingVerification, Cause: kyc.CauseReported},
	})
	if err == nil {
		err = p.flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	want := projection.Waiting{Stream: stream, StepID: "1", Since: time.UnixMicro(clock).UTC()}
	if waiting := p.tables.waiting[stream]; len(waiting) != 1 || waiting[0] != want {
		t.Errorf("verify wants %+v to wait, want %+v", waiting, want)
	}
}
