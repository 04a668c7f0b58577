package httpapi

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// recordLimit is how long a call waits for the access log: the database may
// hang.
const recordLimit = 5 * time.Second

// recording says whose calls of an operation go into the access log. The zero
// value is the rule, so that an operation that is added can't forget it.
type recording int

const (
	ofAuditors recording = iota // reads
	ofEveryone                  // exports
	ofNobody                    // what shows nothing that was recorded of anyone
)

func (r recording) covers(role access.Role) bool {
	return r == ofEveryone || r == ofAuditors && role == access.Auditor
}

// note is what the description of an operation says of it.
func (r recording) note() string {
	switch r {
	case ofEveryone:
		return " Every call is recorded in the access log."
	case ofAuditors:
		return " The calls of auditors are recorded in the access log."
	default:
		return ""
	}
}

// record writes a call into the access log, or tells how it is refused: without
// a record there is no answer. It comes before the call is looked at, so that
// attempts are recorded too, whatever becomes of them.
func (a *api) record(ctx huma.Context, by access.Principal) *problem.Problem {
	app, session := ctx.Param("app"), ctx.Param("session_id")
	// Noted for what is logged, if it can be one of a session.
	_, _ = StreamPath{app, session}.stream(ctx.Context())
	return a.enter(ctx.Context(), by, accesslog.Entry{
		Action: ctx.Operation().OperationID,
		App:    kyc.App(kept(app)), Session: kyc.SessionID(kept(session)), Detail: detail(ctx),
	})
}

// enter is record for what someone did.
func (a *api) enter(ctx context.Context, by access.Principal, did accesslog.Entry) *problem.Problem {
	did.At, did.Actor, did.Role, did.Via = a.Now(), kept(by.Name), by.Role, accesslog.API
	limited, stop := context.WithTimeout(ctx, recordLimit)
	defer stop()
	err := a.AccessLog.Record(limited, did)
	if err == nil {
		return nil
	}
	if ctx.Err() == nil { // else the caller went away
		a.logFault(ctx, err)
	}
	return &notRecorded
}

// detail is what a call asks for beside a session, as a query. Names that the
// operation does not know are left out: they and their values may be anything,
// and the call is refused for them.
func detail(ctx huma.Context) string {
	header := callOf(ctx.Context()).request.Header
	u := ctx.URL()
	given, asked := u.Query(), url.Values{}
	for _, p := range ctx.Operation().Parameters {
		switch {
		case p.In == "query":
			asked[p.Name] = given[p.Name]
		case p.In == "path" && p.Name != "app" && p.Name != "session_id":
			asked.Set(p.Name, ctx.Param(p.Name))
		case p.In == "header" && p.Name == lastEventID && wantsStream(header["Accept"]):
			asked.Set("stream", "true")
			asked["last_event_id"] = header.Values(lastEventID)
		case p.In == "header" && p.Name == purposeHeader && len(header.Values(purposeHeader)) > 0:
			asked["purpose"] = header.Values(purposeHeader)
		}
	}
	return asText(asked)
}

// asText is what was asked for as a query, in ASCII.
func asText(asked url.Values) string { return cut(asked.Encode(), accesslog.MaxDetail) }

// kept is a name that every database can hold. Only what names nothing is
// changed by it.
func kept(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	return cut(strings.ReplaceAll(name, "\x00", "\uFFFD"), accesslog.MaxName)
}

// cut shortens a text to a number of bytes, and shows that it did.
func cut(text string, most int) string {
	const mark = "..."
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(mark)], "") + mark
}
