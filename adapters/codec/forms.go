package codec

// How plain reads each stored form. A field that is missing here is read all
// the same, by encoding/json; so are lists, which only rare events have.

func (s *statusChangedV1) read(p *plain, name string) bool {
	switch name {
	case "step_id":
		return p.free(&s.StepID)
	case "service":
		return p.free(&s.Service)
	case "trigger":
		return p.word(&s.Trigger)
	case "from":
		return p.word(&s.From)
	case "to":
		return p.word(&s.To)
	case "reason":
		return p.free(&s.Reason)
	case "cause":
		return p.word(&s.Cause)
	case "flag":
		return p.number(&s.Flag)
	case "company_form":
		return p.flag(&s.CompanyForm)
	default:
		return false
	}
}

func (s *sessionResetV1) read(p *plain, name string) bool {
	switch name {
	case "service":
		return p.free(&s.Service)
	case "reason":
		return p.free(&s.Reason)
	case "cause":
		return p.word(&s.Cause)
	case "flag":
		return p.number(&s.Flag)
	case "cycle":
		var cycle int64
		ok := p.number(&cycle)
		s.Cycle = int(cycle)
		return ok && int64(s.Cycle) == cycle
	default:
		return false
	}
}

func (s *statusRepeatedV1) read(p *plain, name string) bool {
	switch name {
	case "step_id":
		return p.free(&s.StepID)
	case "service":
		return p.free(&s.Service)
	case "trigger":
		return p.word(&s.Trigger)
	case "status":
		return p.word(&s.Status)
	case "reason":
		return p.free(&s.Reason)
	case "company_form":
		return p.flag(&s.CompanyForm)
	default:
		return false
	}
}

func (s *transitionFlaggedV1) read(p *plain, name string) bool {
	switch name {
	case "step_id":
		return p.free(&s.StepID)
	case "service":
		return p.free(&s.Service)
	case "violation":
		return p.word(&s.Violation)
	case "severity":
		return p.word(&s.Severity)
	case "from":
		return p.word(&s.From)
	case "attempted":
		return p.word(&s.Attempted)
	case "status":
		return p.free(&s.Status)
	case "reason":
		return p.free(&s.Reason)
	case "company_form":
		return p.flag(&s.CompanyForm)
	default:
		return false
	}
}

func (s *webhookDiscardedV1) read(p *plain, name string) bool {
	switch name {
	case "step_id":
		return p.free(&s.StepID)
	case "service":
		return p.free(&s.Service)
	case "status":
		return p.free(&s.Status)
	case "reason":
		return p.free(&s.Reason)
	case "violation":
		return p.word(&s.Violation)
	case "severity":
		return p.word(&s.Severity)
	default:
		return false
	}
}

func (s *contractViolatedV1) read(p *plain, name string) bool {
	switch name {
	case "step_id":
		return p.free(&s.StepID)
	case "service":
		return p.free(&s.Service)
	case "violation":
		return p.word(&s.Violation)
	case "severity":
		return p.word(&s.Severity)
	case "expected":
		return p.free(&s.Expected)
	default:
		return false
	}
}

func (s *flagResolvedV1) read(p *plain, name string) bool {
	switch name {
	case "step_id":
		return p.free(&s.StepID)
	case "flag":
		return p.number(&s.Flag)
	case "decision":
		return p.word(&s.Decision)
	case "by":
		return p.free(&s.By)
	case "note":
		return p.free(&s.Note)
	default:
		return false
	}
}

func (s *snapshotObservedV1) read(p *plain, name string) bool {
	switch name {
	case "unknown":
		return p.flag(&s.Unknown)
	case "company":
		return p.flag(&s.Company)
	case "status":
		return p.free(&s.Status)
	case "contradicts":
		return p.number(&s.Contradicts)
	case "asked_at":
		return p.word(&s.AskedAt)
	case "ask_again_at":
		return p.word(&s.AskAgainAt)
	default:
		return false
	}
}

func (s *detailsAccessedV1) read(p *plain, name string) bool {
	switch name {
	case "step_id":
		return p.free(&s.StepID)
	case "by":
		return p.free(&s.By)
	case "purpose":
		return p.free(&s.Purpose)
	default:
		return false
	}
}
