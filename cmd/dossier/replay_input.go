package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// ofSession says that the story of a session is asked for. One whose id is
// empty is a mistake, and not the whole log.
func (cmd *replayCommand) ofSession() bool { return cmd.Session != nil || cmd.SessionFile != "" }

// check refuses flags that exclude each other.
func (cmd *replayCommand) check() error {
	one := cmd.ofSession()
	switch {
	case cmd.Session != nil && cmd.SessionFile != "":
		return errors.New("--session or --session-file is expected, not both")
	case cmd.At != "" && cmd.Version != nil:
		return errors.New("--at or --version is expected, not both")
	case !one && (cmd.At != "" || cmd.Version != nil || cmd.Payload):
		return errors.New("--at, --version and --payload need a session: --session or --session-file is expected")
	case one && (cmd.From != nil || cmd.To != nil):
		return errors.New("--from and --to are for the whole log, not for a session")
	}
	if cmd.App != "" {
		_, err := kyc.ParseApp(cmd.App)
		return err
	}
	return nil
}

// session returns the id of the session that is asked for. The errors do not
// repeat it.
func (cmd *replayCommand) session(input io.Reader) (kyc.SessionID, error) {
	switch cmd.SessionFile {
	case "":
		return readSession(strings.NewReader(*cmd.Session))
	case "-":
		return readSession(input)
	}
	file, err := os.Open(cmd.SessionFile)
	if err != nil {
		return "", fmt.Errorf("read the session id: %w", err)
	}
	defer file.Close()
	return readSession(file)
}

// readSession reads an id, which may end with a line break.
func readSession(input io.Reader) (kyc.SessionID, error) {
	const lineBreak = 2 // bytes, on some systems
	text, err := io.ReadAll(io.LimitReader(input, eventlog.MaxSessionID+lineBreak+1))
	if err != nil {
		return "", fmt.Errorf("read the session id: %w", err)
	}
	id := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if id == "" || len(id) > eventlog.MaxSessionID || strings.ContainsAny(id, "\r\n") {
		return "", fmt.Errorf("read the session id: one line of up to %d bytes is expected", eventlog.MaxSessionID)
	}
	return kyc.SessionID(id), nil
}

// until returns how far a story is to be told.
func (cmd *replayCommand) until() (query.Until, error) {
	switch {
	case cmd.Version != nil:
		return query.UntilVersion(*cmd.Version), nil
	case cmd.At != "":
		at, err := time.Parse(time.RFC3339Nano, cmd.At)
		if err != nil {
			return query.Until{}, errors.New("--at: an RFC 3339 time is expected, such as 2026-01-31T12:00:00Z")
		}
		return query.UntilTime(at), nil
	default:
		return query.Until{}, nil
	}
}

// positions returns the range of the log that is asked for.
func (cmd *replayCommand) positions(head int64) (from, to int64, err error) {
	from, to = 1, head
	if cmd.From != nil {
		from = *cmd.From
	}
	if cmd.To != nil {
		to = *cmd.To
	}
	switch {
	case from < 1 || cmd.To != nil && to < 1:
		return 0, 0, errors.New("positions begin at 1")
	case cmd.To != nil && from > to:
		return 0, 0, fmt.Errorf("--from %d is behind --to %d", from, to)
	case to > head || cmd.From != nil && from > head:
		return 0, 0, fmt.Errorf("the log ends at position %d", head)
	}
	return from, to, nil
}
