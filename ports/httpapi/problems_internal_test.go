package httpapi

import (
	"net/http"
	"testing"
)

func TestEveryStatusHasAType(t *testing.T) {
	for status, want := range map[int]string{
		http.StatusBadRequest: "malformed-body", http.StatusNotFound: "not-found", http.StatusMethodNotAllowed: "method-not-allowed",
		http.StatusNotAcceptable: "not-acceptable", http.StatusRequestTimeout: "request-timeout",
		http.StatusRequestEntityTooLarge: "body-too-large", http.StatusUnsupportedMediaType: "unsupported-media-type",
		http.StatusUnprocessableEntity: "invalid-request", http.StatusInternalServerError: "internal",
		http.StatusTeapot: "i'm-a-teapot", http.StatusTooManyRequests: "too-many-requests",
	} {
		if p := problemOfStatus(status); p.Type != want || p.Status != status || p.Title == "" {
			t.Errorf("%d is %+v", status, p)
		}
	}
}
