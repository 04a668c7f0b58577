package httpapi

import (
	"context"
	"net/http"

	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/domain/kyc"
)

var listAccessLog = operation{
	id: "list-access-log", method: http.MethodGet, path: "/v1/access-log", tag: "Access",
	summary: "Read who read what",
	description: "Every export, and every call of an auditor that reads data, the oldest first: who, when and what. An entry is written " +
		"before the call is answered, so it stands for the attempt: the call may have been refused after it. Entries are " +
		"numbered 1, 2, 3, ... without holes, and are never changed or removed.",
	roles: admins, example: exampleAccess(),
}

type accessInput struct {
	After int64  `query:"after" default:"0" minimum:"0" doc:"Only entries after this number: next_after of the page before."`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many to answer at most."`
	Actor string `query:"actor" example:"ada" doc:"Only what the holder of the token of this name did."`
}

type accessOutput struct{ Body encoded[accessPage] }

// accessPage is one page of the access log.
type accessPage struct {
	Entries []accessEntry `json:"entries" nullable:"false"`
	Next    int64         `json:"next_after" doc:"The last number in this page: after of the next."`
}

// accessEntry is one access, or the attempt of one.
type accessEntry struct {
	Number    int64    `json:"number" minimum:"1" example:"7" doc:"In the access log: 1, 2, 3, ... without holes."`
	At        string   `json:"at" format:"date-time"`
	Actor     string   `json:"actor" example:"ada" doc:"The name of the token; at the command line, of the user."`
	Role      roleWord `json:"role" doc:"Of the token; empty at the command line."`
	Via       viaWord  `json:"via" doc:"The API or the command line."`
	Action    string   `json:"action" example:"get-session" doc:"The id of the operation."`
	App       string   `json:"app" doc:"Whose record it was; empty for a list or a range. It is as it was asked for, and need not exist."`
	SessionID string   `json:"session_id"`
	Detail    string   `json:"detail" example:"version=3" doc:"What else was asked for, as a query."`
}

func (a *api) listAccessLog(ctx context.Context, in *accessInput) (*accessOutput, error) {
	entries, err := a.AccessLog.ReadAccess(ctx, in.Actor, in.After, in.Limit)
	if err != nil {
		return nil, a.fail(ctx, err, 0)
	}
	return &accessOutput{encode(accessPageOf(entries, in.After))}, nil
}

// accessPageOf returns a page that was read after a number.
func accessPageOf(entries []accesslog.Recorded, after int64) accessPage {
	page := accessPage{Entries: each(entries, accessEntryOf), Next: after}
	if n := len(entries); n > 0 {
		page.Next = entries[n-1].Number
	}
	return page
}

func accessEntryOf(r accesslog.Recorded) accessEntry {
	return accessEntry{
		Number: r.Number, At: stamp(r.At), Actor: r.Actor, Role: roleWord(r.Role.String()), Via: viaWord(r.Via),
		Action: r.Action, App: string(r.App), SessionID: string(r.Session), Detail: r.Detail,
	}
}

func exampleAccess() accessPage {
	return accessPageOf([]accesslog.Recorded{{Number: 7, Entry: accesslog.Entry{
		At: exampleTime(5), Actor: "ada", Role: access.Auditor, Via: accesslog.API, Action: getSession.id,
		App: kyc.DefaultApp, Session: exampleStream().Session, Detail: "version=3",
	}}}, 0)
}
