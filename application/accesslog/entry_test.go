package accesslog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dossier/application/access"
	"dossier/application/accesslog"
)

// An entry says who looks at whom, and the session id opens a person's page:
// whichever way one slips into a text, the id must not come along, nor into a
// log line the actor.
func TestEntriesDoNotTellWhomTheyAreAbout(t *testing.T) {
	const secret = "very-secret"
	entry := accesslog.Entry{
		At: time.Unix(0, 0), Actor: "ada", Role: access.Auditor, Via: accesslog.API, Action: "get-session",
		App: "default", Session: secret, Detail: "version=3",
	}
	recorded := accesslog.Recorded{Number: 7, Entry: entry}
	for _, v := range []any{entry, &entry, recorded, &recorded} {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var lines bytes.Buffer
		slog.New(slog.NewTextHandler(&lines, nil)).Info("x", "entry", v)
		slog.New(slog.NewJSONHandler(&lines, nil)).Info("x", "entry", v)
		for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", v, v, v, v), string(encoded), lines.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("%T tells the session: %s", v, text)
			}
		}
		if strings.Contains(lines.String(), "ada") {
			t.Errorf("%T tells the actor to the log: %s", v, lines.String())
		}
	}
}
