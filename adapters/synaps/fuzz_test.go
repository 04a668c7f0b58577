package synaps

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// Whatever is answered: it is an overview of the session that can be stored, and
// says what another reader finds in it, or it is refused.
func FuzzOverview(f *testing.F) {
	for _, body := range []string{
		overview(approved), overview(`"status":"A","steps":[{"id":12345678901234567891},{"type":"T"}]`),
		overview(`"status":"A","status":"B"`), overview("\"status\":\"A\xff\""), overview(`"status":"\u0000"`),
		overview(approved)[:70], `null`, `[`, `{"session":{"id":"other","status":"A"}}`, "<html>", overview(`"status":"\ud800"`),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := overviewOf(asJSON, body, session)
		if err != nil {
			if !errors.Is(err, reconcile.ErrAnswer) || strings.Contains(err.Error(), secretSession) {
				t.Error(err)
			}
			return
		}
		var other map[string]any
		if err := json.Unmarshal(body, &other); err != nil {
			t.Error(err)
		} else if found, _ := other["session"].(map[string]any); found["id"] != secretSession || found["status"] != got.Status {
			t.Errorf("another reader finds %v", found)
		}
		storable(t, got)
	})
}

func storable(t *testing.T, s kyc.Snapshot) {
	t.Helper()
	texts := map[string]int{s.Status: maxStatus}
	ids := map[kyc.StepID]bool{}
	for _, step := range s.Steps {
		texts[string(step.StepID)], texts[string(step.Service)], texts[step.Status] = maxStepID, maxStepID, maxStepID
		if step.StepID != "" && ids[step.StepID] {
			t.Errorf("step %q stands twice", step.StepID)
		}
		ids[step.StepID] = true
	}
	for text, longest := range texts {
		if len(text) > longest || strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			t.Errorf("%q can't be stored", text)
		}
	}
	if s.Status == "" || s.Unknown || s.Company || len(s.Steps) > maxSteps {
		t.Errorf("%+v is no overview", s)
	}
}
