package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"dossier/adapters/codec"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// story tells the history of one session.
func (cmd *replayCommand) story(ctx context.Context, c console, store *sqlstore.Store, rules kyc.RuleBook) (printer, error) {
	session, err := cmd.session(c.in)
	if err != nil {
		return nil, err
	}
	until, err := cmd.until()
	if err != nil {
		return nil, err
	}
	stream := eventlog.Stream{App: kyc.DefaultApp, Session: session}
	if cmd.App != "" {
		stream.App = kyc.App(cmd.App)
	}
	reads := query.New(query.Sources{Models: store, Log: store, Grown: store, Rules: rules})
	story, err := reads.Story(ctx, stream, until)
	if errors.Is(err, query.ErrNoSuchVersion) && cmd.At != "" {
		err = errors.New("the session did not exist at that time: its first event came later")
	}
	if err != nil {
		return nil, err
	}
	told, err := tell(story, cmd.Payload)
	if err != nil {
		return nil, err
	}
	if cmd.JSON {
		return func(w io.Writer) error { return printJSON(w, told.document()) }, nil
	}
	return told.print, nil
}

// told is a story with the metadata of its events decoded.
type told struct {
	query.Story
	deliveries []eventlog.Metadata // of each scene
}

// tell prepares a story for printing. Without the payloads, their hashes stay.
func tell(story query.Story, payloads bool) (told, error) {
	t := told{Story: story}
	for i, scene := range story.Scenes {
		m, err := codec.DecodeMetadata(scene.Event.Metadata)
		if err != nil {
			return told{}, err
		}
		if !payloads && m.Payload != "" {
			m.Payload = ""
			story.Scenes[i].Event.Metadata = string(codec.EncodeMetadata(m))
		}
		t.deliveries = append(t.deliveries, m)
	}
	return t, nil
}

// storyDocument is a story as JSON. What the API knows too has the API's form.
type storyDocument struct {
	Session  json.RawMessage   `json:"session"`
	Flags    []json.RawMessage `json:"flags"`
	Events   []sceneDocument   `json:"events"`
	Position int64             `json:"position"` // the head of the log that was seen
}

type sceneDocument struct {
	Event  json.RawMessage  `json:"event"`
	Before standingDocument `json:"before"`
	After  standingDocument `json:"after"`
}

type standingDocument struct {
	Status    string        `json:"status"`
	Kind      string        `json:"kind"`
	Cycle     int           `json:"cycle"`
	OpenFlags int           `json:"open_flags"`
	Track     trackDocument `json:"track"`
}

type trackDocument struct {
	StepID      string `json:"step_id"`
	Service     string `json:"service"`
	Status      string `json:"status"`
	Reason      string `json:"reason"`
	Submissions int    `json:"submissions"`
}

func (t told) document() storyDocument {
	d := storyDocument{
		Session: httpapi.SessionJSON(t.Session), Flags: []json.RawMessage{}, Events: []sceneDocument{}, Position: t.Position,
	}
	for _, f := range t.Flags {
		d.Flags = append(d.Flags, httpapi.FlagJSON(f))
	}
	for _, s := range t.Scenes {
		d.Events = append(d.Events, sceneDocument{httpapi.EventJSON(s.Event), documentOf(s.Before), documentOf(s.After)})
	}
	return d
}

func documentOf(s query.Standing) standingDocument {
	return standingDocument{
		Status: s.Status.String(), Kind: s.Kind.String(), Cycle: s.Cycle, OpenFlags: s.OpenFlags,
		Track: trackDocument{
			StepID: string(s.Track.StepID), Service: string(s.Track.Service), Status: s.Track.Status.String(),
			Reason: s.Track.Reason, Submissions: s.Track.Submissions,
		},
	}
}

// printJSON prints one document, with the texts of the log as they are.
func printJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}
