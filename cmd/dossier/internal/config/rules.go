package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"dossier/domain/kyc"
)

// service is how providers write the name of one.
var service = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// documented are the services that Synaps names in its documentation and its
// software. The set is open: they serve to find misspelt ones.
func documented() []string {
	return []string{
		"LIVENESS", "ID_DOCUMENT", "PROOF_OF_ADDRESS", "PHONE", "EMAIL", "AML", "DUPLICATE", "IDENTITY", "RESIDENCY",
		"COMPANY_DETAILS", "DOCUMENTS", "BENEFICIAL_OWNERS", "LEGAL_REPRESENTATIVE",
	}
}

func parseHealWindow(v value, n *notes) time.Duration {
	window, err := time.ParseDuration(v.text)
	if err != nil || window < 0 {
		n.fault("a duration of 0s or more is expected, such as 30s or 2m")
		return 0
	}
	return window
}

// parseKinds returns a parser of app=kind entries, which warns of an app that
// has none of the secrets.
func parseKinds(secrets map[kyc.App][]Secret) func(value, *notes) []ruled[kyc.Kind] {
	return func(v value, n *notes) []ruled[kyc.Kind] {
		return lone(assignments(v, "app=individual or app=corporate", n, parseKind), secrets, n)
	}
}

func parseKind(e entry, n *notes) (kyc.Kind, bool) {
	kind, ok := kyc.ParseKind(e.text)
	if !ok || kind == kyc.KindUnknown {
		n.faultIn(e.number, "individual or corporate is expected after the =")
		return kyc.Kind{}, false
	}
	return kind, true
}

// parseRequired returns a parser of app=service+service entries, which warns
// of an app that has none of the secrets.
func parseRequired(secrets map[kyc.App][]Secret) func(value, *notes) []ruled[[]kyc.Service] {
	return func(v value, n *notes) []ruled[[]kyc.Service] {
		return lone(assignments(v, "app=SERVICE+SERVICE", n, parseServices), secrets, n)
	}
}

func parseServices(e entry, n *notes) ([]kyc.Service, bool) {
	var services []kyc.Service
	for name := range strings.SplitSeq(e.text, "+") {
		name = strings.TrimSpace(name)
		if !service.MatchString(name) {
			n.faultIn(e.number, "services in capitals with + between them are expected after the =, such as LIVENESS+ID_DOCUMENT")
			return nil, false
		}
		if near := nearest(name, documented()); near != "" && near != name {
			n.warnIn(e.number, fmt.Sprintf("service %d is unknown, and would never be approved if %s is meant", len(services)+1, near))
		}
		if !slices.Contains(services, kyc.Service(name)) {
			services = append(services, kyc.Service(name))
		}
	}
	return services, true
}

// ruleBook returns the rules of every app that any setting names.
func ruleBook(window time.Duration, apps map[kyc.App][]Secret, kinds []ruled[kyc.Kind], required []ruled[[]kyc.Service]) kyc.RuleBook {
	book := kyc.RuleBook{Default: kyc.Rules{HealWindow: window}, Apps: map[kyc.App]kyc.Rules{}}
	for app := range apps {
		book.Apps[app] = book.For(app)
	}
	for _, r := range kinds {
		rules := book.For(r.app)
		rules.Pinned = r.value
		book.Apps[r.app] = rules
	}
	for _, r := range required {
		rules := book.For(r.app)
		rules.Required = r.value
		book.Apps[r.app] = rules
	}
	return book
}

// lone refuses a second entry for the same app, and warns of one for an app
// that can't receive a webhook. Without any secret configured one is made
// later, so of that nothing can be said yet.
func lone[T any](rules []ruled[T], secrets map[kyc.App][]Secret, n *notes) []ruled[T] {
	seen := map[kyc.App]bool{}
	for _, r := range rules {
		if seen[r.app] {
			n.faultIn(r.entry, "an entry before it is for the same app")
		}
		seen[r.app] = true
		if len(secrets) > 0 && len(secrets[r.app]) == 0 {
			n.warnIn(r.entry, "DOSSIER_WEBHOOK_SECRETS has no secret for this app")
		}
	}
	return rules
}
