package receiver

import (
	"time"

	"dossier/adapters/httpfault"
)

// maxRetryAfter bounds how long a receiver may ask to be left alone: with more,
// a misspelt header would stop its events for good.
const maxRetryAfter = time.Hour

func retryAfter(header string, now time.Time) time.Duration {
	return httpfault.RetryAfter(header, now, maxRetryAfter)
}
