package fakesynaps

import (
	"fmt"

	"dossier/domain/kyc"
)

// details shows what the provider keeps of one step, nil if there is no such.
// That of a company is named by its service.
func (r *record) details(seed uint64, name string) any {
	f := r.form(seed)
	for _, step := range r.apiSteps(f) {
		if r.life.Corporate && string(step.Service) != name || !r.life.Corporate && string(step.ID) != name {
			continue
		}
		shown := object{
			"type": string(step.Service), "status": step.Status.String(),
			"metadata": object{"attempts": 1 + f.rng.IntN(3)}, "reason": reasonOf(step, r.reason[r.told(step)]),
		}
		if step.ID != "" {
			shown["id"] = f.id(string(step.ID))
		}
		if field, data := r.kept(step.Service); step.Status != kyc.SubmissionRequired {
			shown[field] = data
		}
		if f.extra {
			shown["score"] = 0.5
		}
		return shown
	}
	return nil
}

// told is the track whose webhooks gave the reason for a step.
func (r *record) told(step Step) kyc.StepID {
	if r.life.Corporate {
		return ""
	}
	return step.ID
}

func reasonOf(step Step, message string) object {
	switch step.Status {
	case kyc.ResubmissionRequired, kyc.Rejected:
		return object{"code": "REFUSED", "message": message}
	default:
		return object{"code": "", "message": ""}
	}
}

// kept is what a person or company gave for a service, and the field that it
// stands in. All of it is invented: nobody is born in 1900, example.invalid is
// no domain, and 555 0100 is nobody's number.
func (r *record) kept(service kyc.Service) (field string, data object) {
	number := r.life.Number
	name := object{"firstname": "SPECIMEN", "lastname": fmt.Sprintf("Example %04d", number)}
	switch service {
	case "ID_DOCUMENT":
		return "document", object{
			"type": "PASSPORT", "country": "UTO", "number": fmt.Sprintf("SPECIMEN%06d", number),
			"birth_date": "1900-01-01", "expiration_date": "2099-12-31", "firstname": name["firstname"], "lastname": name["lastname"],
		}
	case "PROOF_OF_ADDRESS":
		return "document", object{"type": "BANK_STATEMENT", "address": fmt.Sprintf("%d Example Street, Utopia", number), "holder": name}
	case kyc.ServicePhone:
		return "verification", object{"phone": fmt.Sprintf("+1 555 01%02d", number%100)}
	case kyc.ServiceEmail:
		return "verification", object{"email": fmt.Sprintf("person-%d@example.invalid", number)}
	case kyc.ServiceAML:
		return "verification", object{"subject": name, "hits": []object{}}
	case "COMPANY_DETAILS":
		return "verification", object{"name": fmt.Sprintf("Example %04d Ltd", number), "registration": fmt.Sprintf("SPECIMEN-%06d", number)}
	default:
		return "verification", object{"subject": name, "result": "INVENTED"}
	}
}
