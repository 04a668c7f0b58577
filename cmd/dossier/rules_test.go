package main

import "testing"

func TestRequiredServicesApproveASession(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t), "DOSSIER_REQUIRED_SERVICES=default=LIVENESS+ID_DOCUMENT").client
	live(t, c, person, []move{
		{of("1", "LIVENESS", "PENDING_VERIFICATION", ""), "applied", "PENDING_VERIFICATION"},
		{of("1", "LIVENESS", "APPROVED", ""), "applied", "STEPS_APPROVED"},
		{of("2", "ID_DOCUMENT", "PENDING_VERIFICATION", ""), "applied", "PENDING_VERIFICATION"},
		{of("2", "ID_DOCUMENT", "APPROVED", ""), "applied", "APPROVED"},
		{of("2", "ID_DOCUMENT", "REJECTED", ""), "applied", "REJECTED"}, // revoked, and without a reason
	})
	flags := c.flags(c.head(), "")
	if len(flags) != 1 || flags[0].Violation != "missing_reason" || flags[0].Severity != "low" {
		t.Errorf("flags: %+v", flags)
	}
}

// A changed rule must not wait for each session's next event to show.
func TestAChangedRuleShowsAfterARestart(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		first := serve(t, databaseURL)
		first.send(hook{fields: withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
		first.send(hook{fields: withID(person, of("1", "LIVENESS", "APPROVED", ""))}, "applied")
		equal(t, "status", first.session(person, 2).Status, "STEPS_APPROVED")
		first.stop()

		second := serve(t, databaseURL, "DOSSIER_REQUIRED_SERVICES=default=LIVENESS")
		second.built(t)
		equal(t, "status under the new rule", second.session(person, 2).Status, "APPROVED")
		equal(t, "sessions listed under the new rule", len(second.sessions("status=APPROVED", 2)), 1)
	})
}

func TestAnAppIsPinnedToItsKindAndHasItsOwnSecrets(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t), "DOSSIER_APP_KINDS=firms=corporate",
		"DOSSIER_WEBHOOK_SECRETS=default="+hookSecret+",firms=firms-secret-old-0123,firms=firms-secret-new-0123").client
	step := withID("c1", of("1", "DOCUMENTS", "PENDING_VERIFICATION", ""))
	c.send(hook{app: "firms", query: "secret=firms-secret-old-0123", fields: step}, "applied")
	last := c.send(hook{app: "firms", query: "secret=firms-secret-new-0123", fields: step}, "applied").last
	s := read[session](c, sessionPath("firms", "c1", seen(last)))
	equal(t, "kind", s.Kind, "corporate")
	for _, f := range c.flags(last, "app=firms") {
		equal(t, "violation", f.Violation, "kind_mismatch")
	}
	equal(t, "flags", s.OpenFlags, 2)
	equal(t, "the other app's secret", c.post(hook{app: "firms", fields: step}).status, 401)
	// The same id in another app is another session.
	c.send(hook{app: "default", fields: withID("c1", whole("PENDING_VERIFICATION", ""))}, "applied")
	equal(t, "version in the other app", c.session("c1", last+1).Version, 1)
}
