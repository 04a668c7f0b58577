package codec

// The stored forms. A field may be added where its absence keeps the meaning;
// it is never renamed, removed or given another meaning. Fields with omitempty
// are left out when they hold nothing, the others are always written.
//
// The tags describe the forms to those who read them: docs/schemas and the
// tables of docs/events.md are made from them. The words of a set are those of
// the domain.

type statusChangedV1 struct {
	_           struct{} `title:"A status changed" doc:"A track, which is the session itself or one of its steps, moved to a status, took another document, or was reset alone."`
	StepID      string   `json:"step_id,omitempty" doc:"The step, by the provider's id. Absent: the session's own track."`
	Service     string   `json:"service,omitempty" doc:"The provider's service that the report names, such as LIVENESS."`
	Trigger     string   `json:"trigger" set:"triggers" doc:"What was reported. If the cause is reconciled: what would have been."`
	From        string   `json:"from" set:"statuses" doc:"The track's status before."`
	To          string   `json:"to" set:"statuses" doc:"The track's status from now on."`
	Reason      string   `json:"reason,omitempty" doc:"The provider's reason, as it came."`
	Cause       string   `json:"cause" set:"causes" doc:"Why it changed: reported, and the state machine allowed it; healed, a held report was applied after its late PENDING_VERIFICATION; override, a person accepted a held report; reconciled, the provider's API showed it."`
	Flag        int64    `json:"flag,omitempty" minimum:"1" doc:"The position of the flag whose held report this applies. Absent if it applies none."`
	CompanyForm bool     `json:"company_form,omitempty" doc:"Whether the report came in the form of a company's. Absent: false."`
}

type sessionResetV1 struct {
	_       struct{} `title:"A session was reset" doc:"An administrator of the provider reset the whole session: every track is SUBMISSION_REQUIRED again, and the next cycle starts."`
	Cycle   int      `json:"cycle" minimum:"2" doc:"The cycle that starts. The first was 1."`
	Service string   `json:"service,omitempty" doc:"The provider's service that the report names."`
	Reason  string   `json:"reason,omitempty" doc:"The provider's reason, as it came."`
	Cause   string   `json:"cause" set:"causes" doc:"Why: reported; override, a person accepted a held report; reconciled, the provider's API showed a status that only a reset leads to."`
	Flag    int64    `json:"flag,omitempty" minimum:"1" doc:"The position of the flag whose held report this applies. Absent if it applies none."`
}

type statusRepeatedV1 struct {
	_           struct{} `title:"A status was repeated" doc:"A report told nothing new. Nothing changed, except that a step may have been seen for the first time."`
	StepID      string   `json:"step_id,omitempty" doc:"The step, by the provider's id. Absent: the session's own track."`
	Service     string   `json:"service,omitempty" doc:"The provider's service that the report names."`
	Trigger     string   `json:"trigger" set:"triggers" doc:"What was reported."`
	Status      string   `json:"status" set:"statuses" doc:"The track's status, before and after."`
	Reason      string   `json:"reason,omitempty" doc:"The provider's reason, as it came."`
	CompanyForm bool     `json:"company_form,omitempty" doc:"Whether the report came in the form of a company's. Absent: false."`
}

type transitionFlaggedV1 struct {
	_           struct{} `title:"A transition was flagged" doc:"A report that the state machine forbids, held until it is healed or a person decides. The status did not change."`
	StepID      string   `json:"step_id,omitempty" doc:"The step, by the provider's id. Absent: the session's own track."`
	Service     string   `json:"service,omitempty" doc:"The provider's service that the report names."`
	Violation   string   `json:"violation" set:"violations" doc:"What should not have happened: premature, after_final, regression or delivery_conflict."`
	Severity    string   `json:"severity" set:"severities" doc:"How much it matters to a reviewer."`
	From        string   `json:"from" set:"statuses" doc:"The status that the track has, and keeps."`
	Attempted   string   `json:"attempted,omitempty" set:"triggers" doc:"What was reported, and is held. Absent if it is nothing that Dossier knows."`
	Status      string   `json:"status,omitempty" doc:"The reported status as it came, if attempted is absent."`
	Reason      string   `json:"reason,omitempty" doc:"The provider's reason, as it came."`
	CompanyForm bool     `json:"company_form,omitempty" doc:"Whether the report came in the form of a company's. Absent: false."`
}

type webhookDiscardedV1 struct {
	_         struct{} `title:"A webhook was discarded" doc:"A report with a status that Dossier does not know. Nothing changed, and it is flagged."`
	StepID    string   `json:"step_id,omitempty" doc:"The step, by the provider's id. Absent: the report names none."`
	Service   string   `json:"service,omitempty" doc:"The provider's service that the report names."`
	Status    string   `json:"status" doc:"The reported status, as it came."`
	Reason    string   `json:"reason,omitempty" doc:"The provider's reason, as it came."`
	Violation string   `json:"violation,omitempty" set:"violations" doc:"What should not have happened: unknown_status. Absent: it is no flag."`
	Severity  string   `json:"severity,omitempty" set:"severities" doc:"How much it matters to a reviewer: low, or medium after an approval."`
}

type contractViolatedV1 struct {
	_         struct{} `title:"The provider's contract was violated" doc:"A report broke the provider's own contract. That did not stop it: the event before this one says what it did."`
	StepID    string   `json:"step_id,omitempty" doc:"The step, by the provider's id. Absent: the report names none."`
	Service   string   `json:"service,omitempty" doc:"The provider's service that the report names."`
	Violation string   `json:"violation" set:"violations" doc:"What should not have happened: missing_reason, service_mismatch or kind_mismatch."`
	Severity  string   `json:"severity" set:"severities" doc:"How much it matters to a reviewer."`
	Expected  string   `json:"expected,omitempty" doc:"What the contract made Dossier expect. Absent if it can't be named."`
}

type flagResolvedV1 struct {
	_        struct{} `title:"A flag was resolved" doc:"A flag was closed: by a person, by healing or by what the provider's API showed."`
	StepID   string   `json:"step_id,omitempty" doc:"The step that the flag is about. Absent: the session's own track."`
	Flag     int64    `json:"flag" minimum:"1" doc:"The flag: the position of the event that raised it."`
	Decision string   `json:"decision" set:"resolutions" doc:"accept: a person had the held report applied; dismiss: a person left the status; healed: applied after its late PENDING_VERIFICATION; superseded: a newer held report was applied; reconciled: the provider's API showed what is true."`
	By       string   `json:"by,omitempty" doc:"Who decided: the name of a token, or dossier."`
	Note     string   `json:"note,omitempty" doc:"Why. Absent unless a person decided."`
}

type snapshotObservedV1 struct {
	_       struct{}         `title:"A snapshot was observed" doc:"What the provider's API showed of the session. What differed from what Dossier knew follows it." either:"unknown status"`
	Unknown bool             `json:"unknown,omitempty" doc:"The provider knows no such session; there is nothing else then. Absent: false."`
	Company bool             `json:"company,omitempty" doc:"Whether the session is a company's. Absent: false."`
	Status  string           `json:"status,omitempty" doc:"The session's status, as it came. Absent if it is unknown, and only then."`
	Steps   []observedStepV1 `json:"steps,omitempty" doc:"The session's steps. Absent: none was shown."`

	Contradicts int64  `json:"contradicts,omitempty" minimum:"1" doc:"The position of an event that the snapshot contradicts, although the provider's API may only lag behind: nothing follows from it then. Absent: it was applied."`
	AskedAt     string `json:"asked_at,omitempty" format:"date-time" doc:"When the provider was asked, by the clock of who asked. Absent unless it is asked again."`
	AskAgainAt  string `json:"ask_again_at,omitempty" format:"date-time" doc:"When the provider is asked again, for the answer may lag behind. Absent: it need not be."`
}

type observedStepV1 struct {
	StepID  string `json:"step_id,omitempty" doc:"The step, by the provider's id. Absent: it has none, as a company's at times."`
	Service string `json:"service,omitempty" doc:"The provider's service, such as LIVENESS."`
	Status  string `json:"status" doc:"The step's status, as it came."`
}

type detailsAccessedV1 struct {
	_       struct{} `title:"A step's details were accessed" doc:"A person was let look at what the provider keeps of a step. Dossier passes that on and keeps nothing of it."`
	StepID  string   `json:"step_id" doc:"The step, by the provider's id."`
	By      string   `json:"by" doc:"Who looked: the name of a token."`
	Purpose string   `json:"purpose" doc:"Why, in the words of who looked."`
}
