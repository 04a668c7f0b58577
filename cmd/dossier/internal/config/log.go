package config

import (
	"io"
	"log/slog"
	"strings"
	"time"

	"dossier/adapters/logthrottle"
)

// LogFormat is the form of the log.
type LogFormat struct{ name string }

// The forms of the log.
var (
	Text = LogFormat{"text"} // for people
	JSON = LogFormat{"json"} // for machines
)

// String returns the name, empty for the zero value.
func (f LogFormat) String() string { return f.name }

// Log says what is logged, and how.
type Log struct {
	Level  slog.Level
	Format LogFormat
}

// Logger returns a logger that writes as the configuration says, and throttles
// the lines of a fault that lasts.
func (c Config) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Log.Level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if c.Log.Format == JSON {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(logthrottle.New(handler, time.Now))
}

func parseLogLevel(v value, n *notes) slog.Level {
	switch strings.ToLower(v.text) {
	case "debug":
		return slog.LevelDebug
	case "info":
		return slog.LevelInfo
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	n.fault("debug, info, warn or error is expected")
	return slog.LevelInfo
}

func parseLogFormat(v value, n *notes) LogFormat {
	for _, format := range []LogFormat{Text, JSON} {
		if strings.EqualFold(v.text, format.name) {
			return format
		}
	}
	n.fault("text or json is expected")
	return LogFormat{}
}

// formatFor returns the form of a log that no setting gives one.
func formatFor(terminal bool) LogFormat {
	if terminal {
		return Text
	}
	return JSON
}
