package witness_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"dossier/torture/witness"
)

// What a receiver keeps, and what whoever sends is told, in each manner.
func TestAReceiverKeepsWhatItMayDeny(t *testing.T) {
	for name, c := range map[string]struct {
		manner       witness.Manner
		status, kept int // status 0: none comes
	}{
		"accepting": {witness.Accepting, http.StatusOK, 1},
		"refusing":  {witness.Refusing, http.StatusServiceUnavailable, 0},
		"cutting":   {witness.Cutting, 0, 0},
		"denying":   {witness.Denying, http.StatusInternalServerError, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := witness.OpenReceiver()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			r.Behave(c.manner)
			if status := post(t, t.Context(), r); status != c.status {
				t.Errorf("answered %d, want %d", status, c.status)
			}
			if seen := r.Seen(); len(seen) != c.kept {
				t.Errorf("kept %v, want %d", seen, c.kept)
			}
		})
	}
}

func TestASilentReceiverEndsWithItsManner(t *testing.T) {
	r, err := witness.OpenReceiver()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Behave(witness.Silent)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if status := post(t, gone, r); status != 0 {
		t.Errorf("answered %d", status)
	}
	ended := make(chan int)
	go func() { ended <- post(t, t.Context(), r) }()
	r.Behave(witness.Accepting)
	if status := <-ended; status != 0 && status != http.StatusOK {
		t.Errorf("answered %d", status)
	}
}

// post sends an event and returns the status of the answer; 0 if none came.
func post(t *testing.T, ctx context.Context, r *witness.Receiver) int {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL(), strings.NewReader(`{"id":"e1","sequence":"00000000000000000001"}`))
	if err != nil {
		t.Error(err)
		return 0
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}
