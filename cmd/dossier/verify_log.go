package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"dossier/adapters/tileclient"
	"dossier/application/audit"
	"dossier/application/evidence"
	"dossier/application/translog"
)

// logTimeout bounds each call for a part of a log.
const logTimeout = 30 * time.Second

var (
	errNeedsKey      = errors.New("--key is missing: without the key that you keep, a log can say anything of itself")
	errKeptUnsigned  = errors.New("it is not a checkpoint that was signed by the given key, or a program has changed its text")
	errLogAndDetails = errors.New("--log is for a log that is served elsewhere: give no file with it")
)

// logReport is what the check of a served log found.
type logReport struct {
	Log    string       `json:"log"`
	Origin string       `json:"origin"`
	Size   int64        `json:"size"`
	Root   string       `json:"root"`
	Kept   []keptReport `json:"kept"`
}

// keptReport is what was found of one checkpoint that was kept.
type keptReport struct {
	File    string `json:"file"`
	Size    int64  `json:"size"`
	Holds   bool   `json:"holds"`
	Finding string `json:"finding,omitempty"` // checkpoint-inconsistent or log-cut-off
	Detail  string `json:"detail,omitempty"`
}

// verifyLog checks a log over the network against checkpoints that were kept,
// and trusts nothing of it but what the key has signed.
func (cmd *verifyCommand) verifyLog(ctx context.Context, c console) error {
	switch {
	case cmd.File != "":
		return errLogAndDetails
	case cmd.Key == "":
		return errNeedsKey
	}
	kept, err := readKept(cmd.Checkpoint)
	if err != nil {
		return err
	}
	exported, err := readExported(cmd.Evidence)
	if err != nil {
		return err
	}
	client, err := tileclient.New(cmd.Log, cmd.Key, &http.Client{Timeout: logTimeout})
	if err != nil {
		return err
	}
	now, note, err := client.Latest(ctx)
	if err != nil {
		return fmt.Errorf("read the newest checkpoint: %w", err)
	}
	report := logReport{Log: cmd.Log, Origin: now.Origin, Size: now.Size, Root: now.Root.String(), Kept: []keptReport{}}
	for i, k := range kept {
		found, err := cmd.compare(ctx, client, k, now)
		if err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
		found.File = cmd.Checkpoint[i]
		report.Kept = append(report.Kept, found)
	}
	if err := cmd.printLog(c.out, report, note); err != nil {
		return err
	}
	log := evidence.Present{Tree: client.Tree(now), Size: now.Size}
	if err = cmd.compareExported(ctx, c, exported, log, cmd.Key); err == nil && !report.holds() {
		err = errFindings
	}
	return err
}

// compare checks one checkpoint that was kept against the newest.
func (cmd *verifyCommand) compare(ctx context.Context, client *tileclient.Client, k audit.Kept, now translog.Checkpoint) (keptReport, error) {
	before, err := translog.OpenCheckpoint(k.Note, cmd.Key)
	if err != nil {
		return keptReport{}, errKeptUnsigned
	}
	found := keptReport{Size: before.Size}
	switch err := client.Continues(ctx, before, now); {
	case err == nil:
		found.Holds = true
	case errors.Is(err, tileclient.ErrCutOff):
		found.Finding, found.Detail = "log-cut-off",
			fmt.Sprintf("the events %d to %d are missing", now.Size+1, before.Size)
	case errors.Is(err, tileclient.ErrForked):
		found.Finding, found.Detail = "checkpoint-inconsistent",
			fmt.Sprintf("of the first %d events at least one was changed, removed or put in between", before.Size)
	default:
		return keptReport{}, err
	}
	return found, nil
}

// printLog prints what was found.
func (cmd *verifyCommand) printLog(w io.Writer, r logReport, note []byte) error {
	if cmd.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	return r.print(w, note)
}

func (r logReport) print(w io.Writer, note []byte) error {
	fmt.Fprintf(w, "The log %s has %d events, signed by the given key.\n", r.Origin, r.Size)
	for _, k := range r.Kept {
		if k.Holds {
			fmt.Fprintf(w, "ok       %s: the log begins with its %d events\n", k.File, k.Size)
		} else {
			fmt.Fprintf(w, "FINDING  %s: %s: %s\n", k.File, k.Finding, k.Detail)
		}
	}
	advice := "Keep this checkpoint, to compare with it later"
	if !r.holds() {
		advice = "This checkpoint contradicts the one that you kept, and the same key has signed both: keep them, they are the proof"
	}
	_, err := fmt.Fprintf(w, "\n%s:\n\n%s", advice, note)
	return err
}

// holds says that the log still begins with every checkpoint that was kept.
func (r logReport) holds() bool {
	return !slices.ContainsFunc(r.Kept, func(k keptReport) bool { return !k.Holds })
}
