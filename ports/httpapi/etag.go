package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// etag returns the strong entity tag of a body: it changes if, and only if, the
// body does, be it by an event or by a rule of the app.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// matches says that an If-None-Match header names a tag. The comparison is the
// weak one, as RFC 9110 asks: a proxy that compresses makes tags weak.
func matches(ifNoneMatch, tag string) bool {
	for part := range strings.SplitSeq(ifNoneMatch, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
