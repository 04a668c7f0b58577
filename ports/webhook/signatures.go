package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// signatures checks that the relay signed a body: with HMAC-SHA256 over the raw
// bytes, in base64. During a rotation there are two headers here and two
// secrets there, and any pair of them is good.
type signatures struct {
	headers [2]string
	secrets [][]byte
}

func newSignatures(names headerNames, secrets []string) signatures {
	s := signatures{headers: names.signatures}
	for _, secret := range secrets {
		s.secrets = append(s.secrets, []byte(secret))
	}
	return s
}

// authentic says that the body is signed, or that nobody asked for it.
func (s signatures) authentic(header http.Header, body []byte) bool {
	if len(s.secrets) == 0 {
		return true
	}
	claimed := [2][]byte{s.claimed(header, 0), s.claimed(header, 1)}
	match := false
	for _, secret := range s.secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		sum := mac.Sum(nil)
		// Every pair is compared, so that the answer's time tells nothing of
		// which one came close.
		for _, claim := range claimed {
			match = hmac.Equal(sum, claim) || match
		}
	}
	return match
}

// claimed returns the signature of a header; nil, which equals none, if there
// is none or it can't be decoded.
func (s signatures) claimed(header http.Header, i int) []byte {
	sum, err := base64.StdEncoding.DecodeString(first(header, s.headers[i]))
	if err != nil {
		return nil
	}
	return sum
}
