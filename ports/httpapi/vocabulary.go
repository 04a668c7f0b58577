package httpapi

import (
	"github.com/danielgtaylor/huma/v2"

	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// The closed sets of words, described and checked by the lists of the domain:
// a word that is added there is known here.
type (
	overallWord   string
	statusWord    string
	kindWord      string
	violationWord string
	severityWord  string
	stateWord     string
	selectionWord string
	fromWord      string
	appWord       string
	roleWord      string
	viaWord       string
	bucketWord    string
)

// Schema implements huma.SchemaProvider, as do those below.
func (overallWord) Schema(huma.Registry) *huma.Schema   { return oneOf(words(kyc.Overalls())) }
func (statusWord) Schema(huma.Registry) *huma.Schema    { return oneOf(words(kyc.Statuses())) }
func (kindWord) Schema(huma.Registry) *huma.Schema      { return oneOf(words(kyc.Kinds())) }
func (violationWord) Schema(huma.Registry) *huma.Schema { return oneOf(words(kyc.Violations())) }
func (severityWord) Schema(huma.Registry) *huma.Schema  { return oneOf(words(kyc.Severities())) }
func (stateWord) Schema(huma.Registry) *huma.Schema     { return oneOf(words(projection.FlagStates())) }

// Schema: a state, or one of two sets of states.
func (selectionWord) Schema(huma.Registry) *huma.Schema {
	s := oneOf(append(words(projection.FlagStates()), selectResolved, selectAll))
	s.Default = projection.FlagOpen.String()
	return s
}

// Schema: a status, or empty.
func (fromWord) Schema(huma.Registry) *huma.Schema {
	return oneOf(append(words(kyc.Statuses()), ""))
}

// Schema: a role, or empty.
func (roleWord) Schema(huma.Registry) *huma.Schema {
	return oneOf(append(words(access.Roles()), ""))
}

// Schema: one of the doors to what is recorded.
func (viaWord) Schema(huma.Registry) *huma.Schema {
	return oneOf([]any{string(accesslog.API), string(accesslog.CLI)})
}

// Schema: the length of a bucket of the statistics.
func (bucketWord) Schema(huma.Registry) *huma.Schema {
	s := oneOf(words(projection.Buckets()))
	s.Default = projection.BucketDay.String()
	return s
}

// Schema: the slug of an app.
func (appWord) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Pattern: `^[a-z0-9-]{1,40}$`,
		PatternDescription: "a slug of 1 to 40 characters from a-z, 0-9 and -",
		Examples:           []any{string(kyc.DefaultApp)},
	}
}

func words[E interface{ String() string }](all []E) []any {
	names := make([]any, len(all))
	for i, e := range all {
		names[i] = e.String()
	}
	return names
}

func oneOf(words []any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: words} }
