package simulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"dossier/adapters/simulator"
)

// A run against a server that applies everything.
func ExampleRun() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"outcome":"applied","position":1,"version":1}`)
	}))
	defer server.Close()

	summary, err := simulator.Run(context.Background(), simulator.Config{
		URL:       server.URL + "/webhooks/synaps?secret=of-the-app",
		Sessions:  25,
		Seed:      1,
		Corporate: 0.2,
	})
	fmt.Println("error:", err)
	fmt.Println("sessions:", summary.Sessions)
	fmt.Println("all applied:", summary.Outcomes["applied"] == summary.Deliveries)
	fmt.Println("given up:", summary.Failed)
	// Output:
	// error: <nil>
	// sessions: 25
	// all applied: true
	// given up: 0
}
