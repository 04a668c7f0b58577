package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dossier/adapters/codec"
	"dossier/application/evidence"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// maxEvidence is far above what a session comes to: its events are as many as
// its webhooks.
const maxEvidence = 256 << 20

// verifyFile verifies a file of evidence, or a folder with an export of the log,
// without a database.
func (cmd *verifyCommand) verifyFile(ctx context.Context, c console) error {
	report, err := cmd.fileReport(ctx, c)
	if err != nil {
		return fmt.Errorf("verify %s: %w", cmd.File, err)
	}
	if cmd.JSON {
		err = json.NewEncoder(c.out).Encode(reported(report))
	} else {
		err = printReport(c.out, report)
	}
	if err == nil && !cmd.passes(report) {
		err = errFindings
	}
	return err
}

// fileReport is a report for programs.
type fileReport struct {
	Verdict evidence.Verdict `json:"verdict"`
	evidence.Report
}

func reported(r evidence.Report) fileReport { return fileReport{r.Verdict(), r} }

func (cmd *verifyCommand) fileReport(ctx context.Context, c console) (evidence.Report, error) {
	v := evidence.Verifier{Key: cmd.Key, Machine: kyc.NewMachine(), Decode: codec.Decode}
	if v.Key == "" {
		return evidence.Report{}, errNeedsKey
	}
	kept, err := readKept(cmd.Checkpoint)
	if err != nil {
		return evidence.Report{}, err
	}
	for _, k := range kept {
		v.Kept = append(v.Kept, evidence.Kept{Name: k.Name, Note: k.Note})
	}
	path := cmd.File
	if found, err := os.Stat(path); err == nil && found.IsDir() {
		path = filepath.Join(path, evidence.ManifestFile)
	}
	text, err := readBounded(path)
	if err != nil {
		return evidence.Report{}, err
	}
	if _, err := evidence.ParseManifest(text); err == nil || filepath.Base(path) == evidence.ManifestFile {
		return verifyFolder(ctx, c, v, text, filepath.Dir(path), cmd.JSON)
	}
	return v.Bundle(text)
}

// readVerifier returns a verifier key that was given as text, or as @ and the
// name of a file that holds it.
func readVerifier(given string) (string, error) {
	path, named := strings.CutPrefix(given, "@")
	if !named {
		return given, checkVerifier(given)
	}
	text, err := readBounded(path)
	if err != nil {
		return "", fmt.Errorf("read the verifier key: %w", err)
	}
	key := strings.TrimSpace(string(text))
	if key == "" { // which would count as none given
		return "", fmt.Errorf("read the verifier key: %w", translog.ErrKey)
	}
	return key, checkVerifier(key)
}

// checkVerifier refuses a text that is no key, before all signatures seem to be
// wrong. None given is fine.
func checkVerifier(key string) error {
	if key == "" {
		return nil
	}
	return translog.CheckVerifier(key)
}

// readBounded reads a file that should not fill the memory.
func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxEvidence+1))
	if err == nil && len(text) > maxEvidence {
		err = errors.New("it is above 256 MiB: no evidence of a session is")
	}
	return text, err
}

// verifyFolder verifies the lines beside a manifest.
func verifyFolder(ctx context.Context, c console, v evidence.Verifier, manifest []byte, folder string, quiet bool) (evidence.Report, error) {
	m, err := evidence.ParseManifest(manifest)
	if err != nil {
		return evidence.Report{}, err
	}
	lines, err := os.Open(filepath.Join(folder, evidence.LinesFile))
	if err != nil {
		return evidence.Report{}, err
	}
	defer lines.Close()
	bar := c.progress(m.Count, "lines", quiet)
	defer bar.end()
	return v.Log(manifest, interruptible{ctx, lines}, func(read int64) { bar.set(read, max(read, m.Count)) })
}

// interruptible is a reader that ends with a context: half a file says nothing.
type interruptible struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (r interruptible) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, errHalfChecked
	}
	return r.Reader.Read(p)
}

// printReport prints a report for people.
func printReport(w io.Writer, r evidence.Report) error {
	var b strings.Builder
	list := func(title, mark string, items []string) {
		if len(items) > 0 {
			fmt.Fprintf(&b, "\n%s\n", title)
		}
		for _, item := range items {
			fmt.Fprintf(&b, "  %s %s\n", mark, item)
		}
	}
	var findings []string
	for _, f := range r.Findings {
		findings = append(findings, f.String())
	}
	b.WriteString(r.Subject + "\n")
	list("proved:", "+", r.Proved)
	list("not proved:", "-", r.Unproved)
	list("findings:", "!", findings)
	switch r.Verdict() {
	case evidence.Holds:
		b.WriteString("\nthe evidence holds\n")
	case evidence.Incomplete:
		b.WriteString("\nTHE EVIDENCE IS INCOMPLETE: the key of the log has not stated that it is the whole\n")
	default:
		b.WriteString("\nTHE EVIDENCE DOES NOT HOLD\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
