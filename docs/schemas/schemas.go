// Package schemas holds the JSON Schemas (2020-12) of what Dossier publishes,
// one file for each:
//
//	kyc.status_changed.v1.json, ...  the data of an event, by the event's name
//	metadata.json                    what is known of how an event came
//	event.json                       an event as the API and its live stream send it
//	cloudevent.json                  an event as relays send it
//
// The id of each is urn:dossier:schema: and its name. They are made from the Go
// types, and tests fail when they differ:
//
//	go test -p 1 ./adapters/codec ./ports/httpapi ./docs/schemas -update
//
// A schema lets every object have members that it does not name: a field may be
// added where its absence keeps the meaning. What is required is what is always
// written.
package schemas

import (
	"embed"
	"regexp"
	"slices"
	"strings"
)

// Prefix is what the id of every schema begins with.
const Prefix = "urn:dossier:schema:"

//go:embed *.json
var files embed.FS

// Names returns the name of every schema, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // they were there when this was compiled
	}
	var names []string
	for _, entry := range entries {
		names = append(names, strings.TrimSuffix(entry.Name(), ".json"))
	}
	return names
}

// Events returns the name of every event that was ever written, sorted.
func Events() []string {
	versioned := regexp.MustCompile(`\.v[0-9]+$`)
	return slices.DeleteFunc(Names(), func(name string) bool { return !versioned.MatchString(name) })
}

// Text returns the schema of a name, as JSON. It panics for a name that is none
// of Names, which is a programmer's mistake.
func Text(name string) []byte {
	text, err := files.ReadFile(name + ".json")
	if err != nil {
		panic(err)
	}
	return text
}
