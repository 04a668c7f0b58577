package httpapi

import (
	"context"
	"net/http"

	"dossier/application/eventlog"
	"dossier/application/query"
)

var getSession = operation{
	id: "get-session", method: http.MethodGet, path: "/v1/sessions/{app}/{session_id}", tag: "Sessions",
	summary: "Get a session",
	description: "As it is now, or by replay as it was: after one of its events (`version`), or at a time (`as_of`, " +
		"inclusive). Replay judges nothing again: it shows what was known then. The kind and the overall status are " +
		"derived by the rules that the app has today.",
	roles: everyRole, problems: withReads(sessionNotFound, versionNotFound), example: exampleSession(),
	others: notModified(),
}

type sessionInput struct {
	StreamPath
	Freshness
	Version     int64   `query:"version" minimum:"1" doc:"As it was after its event of this version."`
	AsOf        instant `query:"as_of" doc:"As it was at this time. Not together with version."`
	IfNoneMatch string  `header:"If-None-Match" doc:"Entity tags: 304 if the session still has one of them."`
}

type sessionOutput struct {
	Status       int
	ETag         string `header:"ETag" doc:"Changes if, and only if, the answer does."`
	CacheControl string `header:"Cache-Control" doc:"Keep it to yourself, and ask again before using it."`
	Position     int64  `header:"Dossier-Position" doc:"What the read model has seen; by replay, the log."`
	Body         encoded[session]
}

func (a *api) getSession(ctx context.Context, in *sessionInput) (*sessionOutput, error) {
	if in.Version > 0 && !in.AsOf.at.IsZero() {
		return nil, invalid("query.as_of", "version or as_of is expected, not both")
	}
	stream, err := in.stream(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := a.askSession(ctx, stream, in)
	if err != nil {
		return nil, a.fail(ctx, err, answer.Position)
	}
	out := &sessionOutput{
		Status: http.StatusOK, CacheControl: "private, no-cache", Position: answer.Position,
		Body: encode(sessionOf(answer.Session)),
	}
	out.ETag = etag(out.Body.text)
	if matches(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

func (a *api) askSession(ctx context.Context, stream eventlog.Stream, in *sessionInput) (query.SessionAnswer, error) {
	switch {
	case in.Version > 0:
		return a.Reads.SessionAtVersion(ctx, stream, in.Version, in.fresh())
	case !in.AsOf.at.IsZero():
		return a.Reads.SessionAsOf(ctx, stream, in.AsOf.at, in.fresh())
	default:
		return a.Reads.Session(ctx, stream, in.fresh())
	}
}
