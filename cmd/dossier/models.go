package main

import (
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// readModels returns the projection of each read model. None is for two users:
// what one remembers is of its own tables.
func readModels(rules kyc.RuleBook) []projection.Projection {
	return []projection.Projection{projection.NewSessions(rules), projection.Flags{}, projection.NewStats()}
}

// modelNames are the names of the read models.
func modelNames() []string {
	var names []string
	for _, p := range readModels(kyc.RuleBook{}) {
		names = append(names, p.Name())
	}
	return names
}
