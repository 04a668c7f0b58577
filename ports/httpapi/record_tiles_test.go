package httpapi_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"dossier/ports/httpapi"
)

// The tiles with events are no part of the description, so no walk through it
// finds them.
func TestAnAuditorsReadOfTheLogsEntriesIsRecorded(t *testing.T) {
	served := 0
	s := newService(t, func(c *httpapi.Config) {
		c.LogEntries = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ })
	})
	const path = "/log/tile/entries/x001/067"
	s.get("reader", path).is(200)
	if got := s.access.take(); served != 1 || len(got) != 0 {
		t.Errorf("a reader was served %d times and recorded %d times", served, len(got))
	}
	s.get("auditor", path).is(200)
	got := s.access.take()
	if served != 2 || len(got) != 1 || got[0].Action != "read-log-entries" || got[0].Actor != "auditor-1" ||
		!strings.HasSuffix(got[0].Detail, "x001%2F067") {
		t.Errorf("served %d times, recorded %+v", served, got)
	}
	s.access.fault = errors.New("no disk")
	s.get("auditor", path).problem(503, "access-not-recorded")
	if served != 2 {
		t.Error("it was served without a record")
	}
}
