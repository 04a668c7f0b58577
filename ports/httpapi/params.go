package httpapi

import (
	"errors"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/query"
)

const (
	defaultWait = 2 * time.Second
	maxWait     = 30 * time.Second
)

// Freshness is the part of a request that says what its answer must have seen.
// It is exported only because huma reads no other embedded fields.
type Freshness struct {
	MinPosition int64 `query:"min_position" minimum:"0" example:"12" doc:"Answer only when the read model has seen this position of the log, as told by the header Dossier-Position."`
	Wait        wait  `query:"wait" doc:"How long to wait for min_position: a duration such as 500ms or 2s, at most 30s. 503 stale-read-model after that."`
}

func (f Freshness) fresh() query.Fresh {
	return query.Fresh{MinPosition: f.MinPosition, Wait: f.Wait.duration()}
}

// wait is a duration in a query.
type wait struct {
	given time.Duration
	set   bool
}

var errWait = errors.New("a duration from 0s to 30s is expected, such as 500ms or 2s")

// UnmarshalText reads a duration within its bounds.
func (w *wait) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 || d > maxWait {
		return errWait
	}
	*w = wait{given: d, set: true}
	return nil
}

// Schema implements huma.SchemaProvider.
func (wait) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Default: "2s", Examples: []any{"500ms"}}
}

func (w wait) duration() time.Duration {
	if !w.set {
		return defaultWait
	}
	return w.given
}

// instant is a time in a query; zero if it was not given.
type instant struct{ at time.Time }

// A + in a query means a space: the offset +02:00 is the likeliest mistake.
var errInstant = errors.New("an RFC 3339 time is expected, such as 2026-01-31T12:00:00Z (write + as %2B)")

// UnmarshalText reads an RFC 3339 time.
func (i *instant) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return errInstant
	}
	i.at = at
	return nil
}

// Schema implements huma.SchemaProvider.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-01-31T12:00:00Z"}}
}

// choice is a boolean in a query that may be absent.
type choice struct{ value, set bool }

// Receiver implements huma.ParamWrapper.
func (c *choice) Receiver() reflect.Value { return reflect.ValueOf(&c.value).Elem() }

// OnParamSet implements huma.ParamReactor.
func (c *choice) OnParamSet(set bool, _ any) { c.set = set }

// Schema implements huma.SchemaProvider.
func (choice) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeBoolean} }

// pointer returns nil if the parameter was absent.
func (c choice) pointer() *bool {
	if !c.set {
		return nil
	}
	return &c.value
}

// text tells absent, false and true apart.
func (c choice) text() string {
	if !c.set {
		return ""
	}
	return strconv.FormatBool(c.value)
}
