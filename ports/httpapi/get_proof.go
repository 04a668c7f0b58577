package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/application/translog"
	"dossier/ports/problem"
)

// The problems of proofs.
var (
	eventNotFound = problem.Problem{Type: "event-not-found", Title: "No such event", Status: http.StatusNotFound}
	notSealed     = problem.Problem{Type: "not-sealed", Title: "No signed checkpoint covers it yet", Status: http.StatusServiceUnavailable, RetryAfter: problem.RetryAfter}
)

var getProof = operation{
	id: "get-event-proof", method: http.MethodGet, path: "/v1/events/{position}/proof", tag: "Proofs",
	summary: "Prove that an event is in the log",
	description: "The hashes lead from the event's leaf to the root of the signed checkpoint, as RFC 6962 says. Who keeps " +
		"both can show later that the event was recorded, and when the log had how many events. An event that was " +
		"recorded this second is not covered yet: 503 `not-sealed`, try again.",
	roles: everyRole, problems: []problem.Problem{eventNotFound, notSealed}, example: exampleProof(),
}

type proofInput struct {
	Position int64 `path:"position" minimum:"1" doc:"The event's position in the log."`
}

type proofOutput struct {
	Body encoded[eventProof]
}

// eventProof is a proof of inclusion.
type eventProof struct {
	Position   int64    `json:"position" minimum:"1" example:"12"`
	Entry      string   `json:"entry" contentEncoding:"base64" doc:"The canonical form of the event, which the leaf is the hash of; see docs/transparency.md."`
	Leaf       string   `json:"leaf" contentEncoding:"base64" doc:"SHA-256 of a zero byte and the entry."`
	TreeSize   int64    `json:"tree_size" minimum:"1" doc:"How many events the checkpoint covers."`
	RootHash   string   `json:"root_hash" contentEncoding:"base64" doc:"That of the checkpoint."`
	Proof      []string `json:"proof" nullable:"false" doc:"The hashes beside the way from the leaf to the root, from the bottom, in base64."`
	Checkpoint string   `json:"checkpoint" doc:"The signed note. Verify it with the key at /log/vkey, which is better had from elsewhere."`
}

func (a *api) getProof(ctx context.Context, in *proofInput) (*proofOutput, error) {
	inclusion, err := a.Proofs.Inclusion(ctx, in.Position)
	if err != nil {
		return nil, a.failProof(ctx, err)
	}
	return &proofOutput{encode(proofOf(inclusion))}, nil
}

func proofOf(i translog.Inclusion) eventProof {
	return eventProof{
		Position: i.Event.Position, Entry: base64.StdEncoding.EncodeToString(translog.Entry(i.Event)), Leaf: i.Leaf.String(),
		TreeSize: i.Checkpoint.Size, RootHash: i.Checkpoint.Root.String(), Proof: each([]tlog.Hash(i.Proof), tlog.Hash.String),
		Checkpoint: string(i.Note),
	}
}

// failProof returns the failure of an error of the transparency log.
func (a *api) failProof(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, eventlog.ErrNotFound):
		return &failure{Problem: eventNotFound}
	case errors.Is(err, translog.ErrNotSigned) || errors.Is(err, translog.ErrNothingSigned):
		return &failure{Problem: notSealed}
	case errors.Is(err, translog.ErrNoProof):
		return invalid("query.from", "sizes of the log are expected, from 1 up to that of the newest checkpoint, from no more than to")
	default:
		return a.fail(ctx, err, 0)
	}
}

func exampleProof() eventProof {
	hash := tlog.RecordHash([]byte("an example")).String()
	return eventProof{
		Position: 1, Entry: "AAAAEGRvc3NpZXIvZXZlbnQvdjE", Leaf: hash, TreeSize: 2, RootHash: hash, Proof: []string{hash},
		Checkpoint: "dossier-1c9d7a52\n2\n" + hash + "\n\n— dossier-1c9d7a52 c2lnbmF0dXJl\n",
	}
}
