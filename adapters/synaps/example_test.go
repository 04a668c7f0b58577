package synaps_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"dossier/adapters/synaps"
	"dossier/domain/kyc"
)

func Example() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/v4/individual/session/2ac3f7ab" || r.Header.Get("Api-Key") != "secret" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code":"NOT_FOUND","message":"no such session"}`)
			return
		}
		fmt.Fprint(w, `{"session":{"id":"2ac3f7ab","status":"PENDING_VERIFICATION",
			"steps":[{"id":1253242,"status":"APPROVED","type":"LIVENESS"}]}}`)
	}))
	defer api.Close()

	client, err := synaps.New(synaps.Config{
		Keys:    map[kyc.App]string{kyc.DefaultApp: "secret"},
		BaseURL: api.URL + "/v4", // of this machine: others need https
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	for _, session := range []kyc.SessionID{"2ac3f7ab", "other"} {
		shown, err := client.Overview(context.Background(), kyc.DefaultApp, session, kyc.KindUnknown)
		fmt.Println(shown.Status, shown.Steps, shown.Unknown, err)
	}
	// Output:
	// PENDING_VERIFICATION [{1253242 LIVENESS APPROVED}] false <nil>
	//  [] true <nil>
}
