package simulator

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"
)

const (
	redactedSecret  = "[secret]"
	redactedSession = "[session]"
)

// redactor takes secrets out of error texts. The client's errors quote the URL;
// those of a caller's transport may quote anything.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(cfg Config) redactor {
	secrets := []string{cfg.URL, cfg.SigningSecret}
	if u, err := url.Parse(cfg.URL); err == nil {
		password, _ := u.User.Password()
		secrets = append(secrets, u.String(), u.Redacted(), u.RequestURI(), u.RawQuery, password)
		for _, values := range u.Query() {
			for _, v := range values {
				secrets = append(secrets, v, url.QueryEscape(v), url.PathEscape(v))
			}
		}
	}
	return redactor{strings.NewReplacer(pairs(secrets)...)}
}

// pairs puts the longest first: where one secret holds another, the replacer
// takes the first that fits.
func pairs(secrets []string) []string {
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var list []string
	for _, s := range secrets {
		// "/" is the path and query of a URL without either: no secret.
		if s != "" && s != "/" {
			list = append(list, s, redactedSecret)
		}
	}
	return list
}

// text returns what an error says, but for the URL, the secrets and the id of
// the session that it is about.
func (r redactor) text(err error, sessionID string) string {
	var quoting *url.Error
	for errors.As(err, &quoting) {
		if err = quoting.Err; err == nil { // whose Error would panic
			return "request"
		}
	}
	text := r.replacer.Replace(err.Error())
	return strings.ReplaceAll(text, sessionID, redactedSession)
}
