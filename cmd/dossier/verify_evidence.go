package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dossier/application/evidence"
)

var errEvidenceAndFile = errors.New("--evidence is compared with a log, and a FILE is verified by itself: give one of them")

// exported is evidence that was exported earlier.
type exported struct {
	path   string
	bundle evidence.Bundle
}

// readExported reads evidence, before anything is checked that takes long.
func readExported(paths []string) (all []exported, err error) {
	for _, path := range paths {
		text, err := readBounded(path)
		if err != nil {
			return nil, fmt.Errorf("read evidence: %w", err)
		}
		bundle, err := evidence.ParseBundle(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		all = append(all, exported{path, bundle})
	}
	return all, nil
}

// compareExported compares evidence with the tree of a log that has size events
// now, prints what each comes to, and says whether all of it holds.
func (cmd *verifyCommand) compareExported(ctx context.Context, c console, all []exported, tree evidence.Tree, size int64, key string) (holds bool, err error) {
	holds = true
	for _, e := range all {
		report, err := evidence.CheckAgainst(ctx, e.bundle, key, tree, size)
		if err != nil {
			return false, fmt.Errorf("compare %s: %w", e.path, err)
		}
		holds = holds && report.Holds()
		if cmd.JSON {
			err = json.NewEncoder(c.out).Encode(comparison{e.path, fileReport{report.Holds(), report}})
		} else {
			_, _ = fmt.Fprintf(c.out, "\n%s: ", e.path)
			err = printReport(c.out, report)
		}
		if err != nil {
			return false, err
		}
	}
	return holds, nil
}

// comparison is a report for programs, and the file that it is of.
type comparison struct {
	File string `json:"file"`
	fileReport
}
