package eventlog_test

import (
	"fmt"
	"strings"
	"testing"

	"dossier/application/eventlog"
)

func TestAStreamIsReadFromItsKey(t *testing.T) {
	for _, want := range []eventlog.Stream{
		{App: "default", Session: "2ac3f7ab-3729-f968-3f55-aa47e881"},
		{App: "a-b", Session: "with/slashes//in it"},
		{App: "a", Session: "/"},
	} {
		got, err := eventlog.ParseStream(want.Key())
		if err != nil || got != want {
			t.Errorf("%q: got %q and %q, %v", want.Key(), string(got.App), string(got.Session), err)
		}
	}
}

func TestAKeyWithoutAppOrSessionIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, key := range []string{"", "secret-session", "/secret-session", "secret-app/"} {
		_, err := eventlog.ParseStream(key)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", key, err)
		}
	}
}

func TestAStreamDoesNotPrintItsSession(t *testing.T) {
	s := eventlog.Stream{App: "default", Session: "2ac3f7ab"}
	for _, text := range []string{s.String(), fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%q", s)} {
		if strings.Contains(text, "2ac3f7ab") {
			t.Errorf("printed as %s", text)
		}
	}
}
