package codec

// The stored forms. A field may be added where its absence keeps the meaning;
// it is never renamed, removed or given another meaning.

type statusChangedV1 struct {
	StepID      string `json:"step_id,omitempty"`
	Service     string `json:"service,omitempty"`
	Trigger     string `json:"trigger"`
	From        string `json:"from"`
	To          string `json:"to"`
	Reason      string `json:"reason,omitempty"`
	Cause       string `json:"cause"`
	Flag        int64  `json:"flag,omitempty"`
	CompanyForm bool   `json:"company_form,omitempty"`
}

type sessionResetV1 struct {
	Cycle   int    `json:"cycle"`
	Service string `json:"service,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Cause   string `json:"cause"`
	Flag    int64  `json:"flag,omitempty"`
}

type statusRepeatedV1 struct {
	StepID      string `json:"step_id,omitempty"`
	Service     string `json:"service,omitempty"`
	Trigger     string `json:"trigger"`
	Status      string `json:"status"`
	Reason      string `json:"reason,omitempty"`
	CompanyForm bool   `json:"company_form,omitempty"`
}

type transitionFlaggedV1 struct {
	StepID      string `json:"step_id,omitempty"`
	Service     string `json:"service,omitempty"`
	Violation   string `json:"violation"`
	Severity    string `json:"severity"`
	From        string `json:"from"`
	Attempted   string `json:"attempted,omitempty"`
	Status      string `json:"status,omitempty"` // of a report that we do not know
	Reason      string `json:"reason,omitempty"`
	CompanyForm bool   `json:"company_form,omitempty"`
}

type webhookDiscardedV1 struct {
	StepID  string `json:"step_id,omitempty"`
	Service string `json:"service,omitempty"`
	Status  string `json:"status"`
	Reason  string `json:"reason,omitempty"`
}

type contractViolatedV1 struct {
	StepID    string `json:"step_id,omitempty"`
	Service   string `json:"service,omitempty"`
	Violation string `json:"violation"`
	Severity  string `json:"severity"`
	Expected  string `json:"expected,omitempty"`
}

type flagResolvedV1 struct {
	StepID   string `json:"step_id,omitempty"`
	Flag     int64  `json:"flag"`
	Decision string `json:"decision"`
	By       string `json:"by,omitempty"`
	Note     string `json:"note,omitempty"`
}
