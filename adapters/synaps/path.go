package synaps

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// place is where the API has the sessions of a kind.
type place string

const (
	individual place = "individual"
	corporate  place = "corporate"
)

// places returns where to ask for a session of a kind, in this order.
func places(kind kyc.Kind) []place {
	if kind == kyc.KindCorporate {
		return []place{corporate, individual}
	}
	return []place{individual, corporate}
}

// session returns the path of a session; ok is false if it can have none.
func (p place) session(id kyc.SessionID) (path []string, ok bool) {
	return pathOf(string(p), "session", string(id))
}

// step returns the path of a step. A company's is named by its type.
func (p place) step(r reconcile.DetailsRequest) (path []string, ok bool) {
	last := string(r.StepID)
	if p == corporate {
		last = cmp.Or(string(r.Service), last)
	}
	return pathOf(string(p), "session", string(r.Session), "step", last)
}

// pathOf refuses what could leave its place: some servers undo the escaping
// before they follow dots.
func pathOf(parts ...string) (path []string, ok bool) {
	for _, part := range parts {
		pieces := strings.FieldsFunc(part, func(r rune) bool { return r == '/' || r == '\\' })
		if part == "" || slices.Contains(pieces, ".") || slices.Contains(pieces, "..") {
			return nil, false
		}
	}
	return parts, true
}

// under returns the URL of a path below a base URL. Its parts are escaped, so
// that each stays one part.
func under(base *url.URL, path []string) *url.URL {
	u := *base
	u.RawPath = base.EscapedPath()
	for _, part := range path {
		u.Path += "/" + part
		u.RawPath += "/" + url.PathEscape(part)
	}
	return &u
}
