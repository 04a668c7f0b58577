package synaps

import (
	"encoding/json"
	"mime"
	"strings"

	"dossier/application/eventlog"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

const (
	// The longest texts, in bytes: those of a webhook.
	maxStepID  = 256
	maxService = 128
	maxStatus  = 128
	// maxSteps is how many steps a session may have.
	maxSteps = 200
)

// overviewOf reads an overview of a session. The error is ErrAnswer.
func overviewOf(contentType string, body []byte, asked kyc.SessionID) (kyc.Snapshot, error) {
	if !isJSON(contentType) {
		return kyc.Snapshot{}, unreadable("its content type is not JSON")
	}
	answer, err := members(body)
	if err != nil {
		return kyc.Snapshot{}, err
	}
	session, err := members(answer["session"])
	if err != nil {
		return kyc.Snapshot{}, err
	}
	if id, err := idOf(session["id"], eventlog.MaxSessionID); err != nil || id != string(asked) {
		return kyc.Snapshot{}, unreadable("it is not about the session that was asked for")
	}
	status, err := textOf(session["status"], maxStatus)
	if err != nil {
		return kyc.Snapshot{}, err
	}
	if status == "" {
		return kyc.Snapshot{}, unreadable("the session has no status")
	}
	steps, err := stepsOf(session["steps"])
	return kyc.Snapshot{Status: status, Steps: steps}, err
}

// stepsOf reads the steps of a session, which may be missing.
func stepsOf(list json.RawMessage) ([]kyc.ObservedStep, error) {
	var values []json.RawMessage
	if !absent(list) && json.Unmarshal(list, &values) != nil {
		return nil, unreadable("the steps are no list")
	}
	if len(values) > maxSteps {
		return nil, unreadable("the session has too many steps")
	}
	var steps []kyc.ObservedStep
	seen := map[kyc.StepID]bool{}
	for _, value := range values {
		step, err := stepOf(value)
		if err != nil {
			return nil, err
		}
		if step.StepID != "" && seen[step.StepID] {
			return nil, unreadable("a step stands twice in a session")
		}
		seen[step.StepID] = true
		steps = append(steps, step)
	}
	return steps, nil
}

func stepOf(value json.RawMessage) (step kyc.ObservedStep, err error) {
	m, err := members(value)
	if err != nil {
		return step, err
	}
	id, err := idOf(m["id"], maxStepID)
	if err != nil {
		return step, err
	}
	service, err := textOf(m["type"], maxService)
	if err != nil {
		return step, err
	}
	step.StepID, step.Service = kyc.StepID(id), kyc.Service(service)
	step.Status, err = textOf(m["status"], maxStatus)
	return step, err
}

// detailsOf passes an answer on. What does not call itself JSON, and is, is
// called so: a browser might believe another name.
func detailsOf(contentType string, body []byte) (reconcile.Details, error) {
	if !json.Valid(body) {
		return reconcile.Details{}, unreadable("it is not JSON")
	}
	if !isJSON(contentType) {
		contentType = "application/json"
	}
	return reconcile.Details{ContentType: contentType, Body: body}, nil
}

func isJSON(contentType string) bool {
	name, _, err := mime.ParseMediaType(contentType)
	return err == nil && (name == "application/json" || strings.HasPrefix(name, "application/") && strings.HasSuffix(name, "+json"))
}
