package httpapi_test

import (
	"encoding/json"
	"testing"

	"dossier/docs/schemas"
)

func TestTheAsyncAPIDocumentIsServedToAnyone(t *testing.T) {
	s := newService(t)
	a := s.get("", "/asyncapi.json").is(200)
	if got := a.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %s", got)
	}
	var d tree
	if err := json.Unmarshal(a.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d["asyncapi"] != "3.0.0" || at(d, "info")["version"] != "test" {
		t.Errorf("asyncapi %v, info %v", d["asyncapi"], d["info"])
	}
	for _, event := range schemas.Events() {
		if at(d, "channels", "live", "messages", event) == nil {
			t.Errorf("%s is not described", event)
		}
	}
}
