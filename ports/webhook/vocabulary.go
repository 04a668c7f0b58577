package webhook

import "dossier/domain/kyc"

// trigger returns what the body reports, or the status as it came if that is
// none that we know.
//
// The two versions of the provider's API share words with different meanings,
// REJECTED above all, so the field that is present chooses the vocabulary.
func (f fields) trigger() (t kyc.Trigger, unknown string, err error) {
	name, value, translate := "status", f.status, current
	if absent(value) {
		name, value, translate = "state", f.state, older
	}
	word, err := text(name, value)
	if err != nil {
		return kyc.Trigger{}, "", err
	}
	if word == "" {
		return kyc.Trigger{}, "", missingStatus
	}
	if t := translate(word); t.Known() {
		return t, "", nil
	}
	return kyc.Trigger{}, word, nil
}

// current translates a `status` of the API's version 4, whose words are the
// domain's.
func current(word string) kyc.Trigger {
	t, _ := kyc.ParseTrigger(word)
	return t
}

// older translates a `state` of the API's version 3.
func older(word string) kyc.Trigger {
	switch word {
	case "SUBMITTED":
		return kyc.ReportPendingVerification
	case "VALIDATED":
		return kyc.ReportApproved
	case "REJECTED": // the person may try again
		return kyc.ReportResubmissionRequired
	case "FINAL_REJECTED":
		return kyc.ReportRejected
	case "RESET":
		return kyc.ReportReset
	default:
		return kyc.Trigger{}
	}
}
