package config

import (
	"net/url"
	"strconv"
	"time"

	"dossier/domain/kyc"
)

// mostRequests bounds the budget: more is a slip of the finger.
const mostRequests = 100_000

func (l *loader) synaps(secrets map[kyc.App][]Secret) Synaps {
	return Synaps{
		Keys:              load(l, "synaps-api-keys", parseAPIKeys(secrets)),
		BaseURL:           load(l, "synaps-base-url", parseBaseURL),
		RequestsPerMinute: load(l, "synaps-requests-per-minute", parseRequests),
		Lag:               load(l, "provider-lag", parseLag),
		After:             load(l, "reconcile-after", parseAfter),
	}
}

// parseAPIKeys returns a parser of app=key entries, which warns of apps that
// nothing else names.
func parseAPIKeys(secrets map[kyc.App][]Secret) func(value, *notes) map[kyc.App]Secret {
	return func(v value, n *notes) map[kyc.App]Secret {
		keys := map[kyc.App]Secret{}
		for _, r := range assignments(v, "app=key", n, parseSecret) {
			if _, twice := keys[r.app]; twice {
				n.faultIn(r.entry, "an entry before it has a key for the same app")
			}
			if _, known := secrets[r.app]; !known && len(secrets) > 0 {
				n.warnIn(r.entry, "no webhook secret is configured for this app")
			}
			keys[r.app] = r.value
		}
		return keys
	}
}

// parseBaseURL keeps no URL with credentials: it may be logged.
func parseBaseURL(v value, n *notes) string {
	u, err := url.Parse(v.text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "": // the error repeats the URL
		n.fault("a URL with https is expected")
		return ""
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		n.fault("the URL has a user, a query or a fragment, which have no meaning here")
		return ""
	case !validPort(u):
		n.fault("the port is not a number from 1 to 65535")
	}
	return v.text
}

func parseRequests(v value, n *notes) int {
	number, err := strconv.Atoi(v.text)
	if err != nil || number < 1 || number > mostRequests {
		n.fault("a number from 1 to 100000 is expected")
	}
	return number
}

// mostLag bounds for how long an answer is doubted: with more, a session that was
// reset without a webhook would stay wrong for as long.
const mostLag = 24 * time.Hour

func parseLag(v value, n *notes) time.Duration {
	lag, err := time.ParseDuration(v.text)
	if err != nil || lag < 0 || lag > mostLag {
		n.fault("a duration from 0s to 24h is expected, such as 2m")
		return 0
	}
	return lag
}

func parseAfter(v value, n *notes) time.Duration {
	after, err := time.ParseDuration(v.text)
	if err != nil || after < 0 {
		n.fault("a duration of 0s or more is expected, such as 90s or 24h")
	}
	return after
}
