package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dossier/application/evidence"
)

var errEvidenceAndFile = errors.New("--evidence is compared with a log, and a FILE is verified by itself: give one of them")

// checkEvidence compares evidence that was exported earlier with the tree of a
// log that has size events now, and prints what each comes to.
func (cmd *verifyCommand) checkEvidence(ctx context.Context, c console, tree evidence.Tree, size int64, key string) error {
	if len(cmd.Evidence) > 0 && key == "" {
		return errNeedsKey
	}
	var findings error
	for _, path := range cmd.Evidence {
		report, err := compareEvidence(ctx, path, tree, size, key)
		if err != nil {
			return fmt.Errorf("compare %s: %w", path, err)
		}
		if !report.Holds() {
			findings = errFindings
		}
		if cmd.JSON {
			err = json.NewEncoder(c.out).Encode(comparison{path, fileReport{report.Holds(), report}})
		} else {
			_, _ = fmt.Fprintf(c.out, "\n%s: ", path)
			err = printReport(c.out, report)
		}
		if err != nil {
			return err
		}
	}
	return findings
}

// comparison is a report for programs, and the file that it is of.
type comparison struct {
	File string `json:"file"`
	fileReport
}

func compareEvidence(ctx context.Context, path string, tree evidence.Tree, size int64, key string) (evidence.Report, error) {
	text, err := readBounded(path)
	if err != nil {
		return evidence.Report{}, err
	}
	bundle, err := evidence.ParseBundle(text)
	if err != nil {
		return evidence.Report{}, err
	}
	return evidence.CheckAgainst(ctx, bundle, key, tree, size)
}
