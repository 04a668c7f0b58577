package httpapi

import (
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"dossier/ports/problem"
)

// refuseOtherMedia answers callers that take nothing of what a call answers.
func refuseOtherMedia(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	accept := r.Header["Accept"]
	if !takesJSON(accept) && !(streams(ctx.Operation()) && wantsStream(accept)) {
		notAcceptable.Write(w)
		return
	}
	next(ctx)
}

// streams says that a call can answer with a live stream.
func streams(o *huma.Operation) bool { return o.OperationID == listEvents.id }

// takesJSON reads Accept headers; none of them means that anything is taken.
func takesJSON(accept []string) bool {
	for _, header := range accept {
		for part := range strings.SplitSeq(header, ",") {
			media, parameters, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(media)) {
			case "*/*", "application/*", "application/json", problem.ContentType, "":
				if weight(parameters) > 0 {
					return true
				}
			}
		}
	}
	return len(accept) == 0
}

// wantsStream reads Accept headers of a call that can answer both. Only who
// names the stream gets it, and only if JSON is not liked better: by its weight,
// else by being named first.
func wantsStream(accept []string) bool {
	var stream, page, others float64
	named := false // JSON, before the stream
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		media, parameters, _ := strings.Cut(part, ";")
		q := weight(parameters)
		switch strings.ToLower(strings.TrimSpace(media)) {
		case eventStreamType:
			stream = max(stream, q)
		case "application/json":
			page = max(page, q)
			named = named || stream == 0
		case "*/*", "application/*":
			others = max(others, q)
		}
	}
	if page == 0 {
		page = others
	}
	return stream > 0 && (stream > page || stream == page && !named)
}

// weight reads the quality among the parameters of a media type (RFC 9110,
// 12.4.2). What is no number counts as none given.
func weight(parameters string) float64 {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		if q, err := strconv.ParseFloat(value, 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
	}
	return 1
}
