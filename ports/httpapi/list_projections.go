package httpapi

import (
	"context"
	"net/http"

	"dossier/application/query"
)

var listProjections = operation{
	id: "list-projections", method: http.MethodGet, path: "/v1/projections", tag: "Service",
	summary:     "See how far the read models are",
	description: "With `min_position` it waits until all of them are that far.",
	roles:       everyRole, recorded: ofNobody, problems: withReads(),
	example: projectionList{Projections: []progress{{Name: "sessions", Checkpoint: 40, Head: 42, Lag: 2}}},
}

type projectionsInput struct{ Freshness }

type projectionsOutput struct {
	Position int64 `header:"Dossier-Position" doc:"What all of them have seen."`
	Body     encoded[projectionList]
}

// projectionList is the progress of every read model.
type projectionList struct {
	Projections []progress `json:"projections" nullable:"false"`
}

// progress is how far one read model is.
type progress struct {
	Name       string `json:"name" example:"sessions"`
	Checkpoint int64  `json:"checkpoint" minimum:"0" doc:"The position that it has seen."`
	Head       int64  `json:"head" minimum:"0" doc:"The last position of the log."`
	Lag        int64  `json:"lag" minimum:"0" doc:"How many events it has not seen."`
}

func (a *api) listProjections(ctx context.Context, in *projectionsInput) (*projectionsOutput, error) {
	position, err := a.Reads.AwaitProjections(ctx, a.Projections, in.fresh())
	if err != nil {
		return nil, a.fail(ctx, err, position)
	}
	all, err := a.Reads.Projections(ctx, a.Projections)
	if err != nil {
		return nil, a.fail(ctx, err, position)
	}
	return &projectionsOutput{Position: position, Body: encode(projectionList{each(all, progressOf)})}, nil
}

func progressOf(p query.Progress) progress {
	return progress{Name: p.Name, Checkpoint: p.Checkpoint, Head: p.Head, Lag: p.Lag()}
}
