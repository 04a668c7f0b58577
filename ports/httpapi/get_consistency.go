package httpapi

import (
	"context"
	"net/http"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
	"dossier/ports/problem"
)

var getConsistency = operation{
	id: "get-log-consistency", method: http.MethodGet, path: "/v1/log/consistency", tag: "Proofs",
	summary: "Prove that the log only grew",
	description: "The hashes show that the tree of `to` events begins with the tree of `from` events, as RFC 6962 says: " +
		"between two checkpoints, nothing was changed, removed or put in between.",
	roles: everyRole, problems: []problem.Problem{notSealed}, example: exampleConsistency(),
}

type consistencyInput struct {
	From int64 `query:"from" required:"true" minimum:"1" doc:"The size of the earlier checkpoint."`
	To   int64 `query:"to" minimum:"1" doc:"The size of the later one; by default the newest."`
}

type consistencyOutput struct {
	Body encoded[consistency]
}

// consistency is a proof of consistency.
type consistency struct {
	From     int64    `json:"from" minimum:"1"`
	To       int64    `json:"to" minimum:"1"`
	FromRoot string   `json:"from_root" contentEncoding:"base64" doc:"The root of the tree of from events; that of the earlier checkpoint, if nothing was changed."`
	ToRoot   string   `json:"to_root" contentEncoding:"base64" doc:"The root of the tree of to events."`
	Proof    []string `json:"proof" nullable:"false" doc:"Hashes in base64, in the order of RFC 6962, section 2.1.2."`
}

func (a *api) getConsistency(ctx context.Context, in *consistencyInput) (*consistencyOutput, error) {
	c, err := a.Proofs.Consistency(ctx, in.From, in.To)
	if err != nil {
		return nil, a.failProof(ctx, err)
	}
	return &consistencyOutput{encode(consistencyOf(c))}, nil
}

func consistencyOf(c translog.Consistency) consistency {
	return consistency{
		From: c.From, To: c.To, FromRoot: c.FromRoot.String(), ToRoot: c.ToRoot.String(),
		Proof: each([]tlog.Hash(c.Proof), tlog.Hash.String),
	}
}

func exampleConsistency() consistency {
	hash := tlog.RecordHash([]byte("an example")).String()
	return consistency{From: 1, To: 2, FromRoot: hash, ToRoot: hash, Proof: []string{hash}}
}
