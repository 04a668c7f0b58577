package accesslog

import (
	"log/slog"
	"time"

	"dossier/application/access"
	"dossier/domain/kyc"
)

// Via is the door that was used.
type Via string

// The doors.
const (
	API Via = "api"
	CLI Via = "cli"
)

// Entry is one access, or the attempt of one.
type Entry struct {
	At time.Time
	// Actor is the name of the token; at the command line the name of the
	// operating system's user.
	Actor string
	// Role is that of the token; the zero value at the command line, whose user
	// needs none: who can run it can read the database.
	Role access.Role
	Via  Via
	// Action is the id of the operation, such as get-session or export-evidence.
	Action string
	// App and Session say whose record it was; empty for lists and ranges.
	App     kyc.App
	Session kyc.SessionID
	// Detail is what else was asked for, such as the filters of a list or a range
	// of positions. It must hold neither a session id nor a secret.
	Detail string
}

// LogValue keeps entries out of log lines: they say who looks at whom.
func (Entry) LogValue() slog.Value { return slog.StringValue("[access]") }

// Recorded is an entry with its place.
type Recorded struct {
	Number int64 // 1, 2, 3, ... without holes
	Entry
}
