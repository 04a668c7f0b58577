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

// compareExported compares evidence with a log as it is now, and prints what each
// comes to. It returns errFindings unless all of it passes.
func (cmd *verifyCommand) compareExported(ctx context.Context, c console, all []exported, log evidence.Present, key string) error {
	passes := true
	for _, e := range all {
		report, err := evidence.CheckAgainst(ctx, e.bundle, key, log)
		if err != nil {
			return fmt.Errorf("compare %s: %w", e.path, err)
		}
		passes = passes && cmd.passes(report)
		if cmd.JSON {
			err = json.NewEncoder(c.out).Encode(comparison{e.path, reported(report)})
		} else {
			_, _ = fmt.Fprintf(c.out, "\n%s: ", e.path)
			err = printReport(c.out, report)
		}
		if err != nil {
			return err
		}
	}
	if !passes {
		return errFindings
	}
	return nil
}

// passes says whether evidence is taken for good. Without a statement it is only
// for who asked for that.
func (cmd *verifyCommand) passes(r evidence.Report) bool {
	return r.Verdict() == evidence.Holds || r.Verdict() == evidence.Incomplete && cmd.Unstated
}

// comparison is a report for programs, and the file that it is of.
type comparison struct {
	File string `json:"file"`
	fileReport
}
