package receiver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"dossier/adapters/receiver"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

func Example() {
	secret := receiver.NewSecret()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, _ := standardwebhooks.NewWebhook(secret)
		fmt.Println(r.Header.Get("webhook-id"), string(body), verifier.Verify(body, r.Header) == nil)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer endpoint.Close()

	r, err := receiver.New(receiver.Config{
		URL: endpoint.URL, Secrets: []string{secret},
		AllowPrivate: true, // the endpoint is on this machine
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	err = r.Deliver(context.Background(), relay.Message{
		Event: eventlog.Recorded{EventID: "019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90"}, Body: []byte(`{"specversion":"1.0"}`),
	})
	fmt.Println(err)
	// Output:
	// 019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90 {"specversion":"1.0"} true
	// <nil>
}
