package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dossier/cmd/dossier/internal/config"
)

func TestTheLoggerWritesWhatTheConfigurationSays(t *testing.T) {
	for name, c := range map[string]struct {
		variables []string
		terminal  bool
		want      string // how the line of an info begins; empty: none
	}{
		"json without a terminal": {nil, false, `{"time":`},
		"text on a terminal":      {nil, true, "time="},
		"json on a terminal":      {[]string{"DOSSIER_LOG_FORMAT=json"}, true, `{"time":`},
		"text without a terminal": {[]string{"DOSSIER_LOG_FORMAT=Text"}, false, "time="},
		"debug has info":          {[]string{"DOSSIER_LOG_LEVEL=DEBUG"}, false, `{"time":`},
		"warn has no info":        {[]string{"DOSSIER_LOG_LEVEL=warn"}, false, ""},
		"error has no info":       {[]string{"DOSSIER_LOG_LEVEL=error"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			env := environment(c.variables...)
			env.Terminal = c.terminal
			conf, err := config.Load(&command{}, env)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			conf.Logger(&out).Info("hello")

			if !strings.HasPrefix(out.String(), c.want) || c.want == "" && out.Len() > 0 {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}

func TestTheEnvironmentOfTheProcess(t *testing.T) {
	t.Setenv("DOSSIER_LISTEN", ":1")
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	env := config.OS(log, now)

	equal(t, "a file is a terminal", env.Terminal, false)
	c, err := config.Load(&command{}, env)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "listen", c.Listen, ":1")
}
