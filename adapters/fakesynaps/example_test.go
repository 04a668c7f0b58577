package fakesynaps_test

import (
	"context"
	"fmt"
	"net/http"

	"dossier/adapters/fakesynaps"
)

func Example() {
	provider, err := fakesynaps.New(fakesynaps.Config{
		Seed: 1, Key: "a-key", Sessions: 20, Corporate: 0.2, Loss: 0.1,
		Client: clientOf(http.HandlerFunc(accepting)), // in place of a Dossier
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Its API would be served by http.Serve(listener, provider.Handler()).
	summary, err := provider.Live(context.Background(), "http://dossier.test/webhooks/synaps?secret=s3cr3t")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(provider.Truth()), "sessions")
	fmt.Println(summary.Changes == summary.Accepted+summary.Untold, summary.Untold == len(provider.Untold()))
	// Output:
	// 20 sessions
	// true true
}
