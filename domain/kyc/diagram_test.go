package kyc_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dossier/domain/kyc"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(flow kyc.Flow) string { return filepath.Join("testdata", flow.String()+".mmd") }

func TestDiagramIsTheGoldenFile(t *testing.T) {
	for _, flow := range kyc.Flows() {
		got := kyc.NewMachine().Diagram(flow)
		if *update {
			if err := os.WriteFile(golden(flow), []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden(flow))
		if err != nil {
			t.Fatalf("%v (write it with: go test ./domain/kyc -update)", err)
		}
		same(t, golden(flow), got, string(want))
	}
}

// A golden file only proves that nothing changed. That it is right is held
// against the rows: an arrow for every applied triple, and no other but the
// legal moves that end where they began.
func TestDiagramDrawsTheMovesOfTheDesign(t *testing.T) {
	for _, flow := range kyc.Flows() {
		arrows := map[string]bool{
			"[*] --> SUBMISSION_REQUIRED":                                          true,
			"SUBMISSION_REQUIRED --> SUBMISSION_REQUIRED: SUBMISSION_REQUIRED":     true,
			"RESUBMISSION_REQUIRED --> RESUBMISSION_REQUIRED: SUBMISSION_REQUIRED": true,
		}
		for _, r := range rows() {
			if r.flow == flow && r.want.outcome == kyc.Applied {
				arrows[fmt.Sprintf("%s --> %s: %s", r.from, r.want.to, r.trigger)] = true
			}
		}
		header, body, _ := strings.Cut(kyc.NewMachine().Diagram(flow), "\n")
		same(t, "header", header, "stateDiagram-v2")
		got := map[string]bool{}
		for line := range strings.Lines(body) {
			got[strings.TrimSpace(line)] = true
		}
		same(t, flow.String(), got, arrows)
	}
}

// What a reader of the README sees is what the machine does.
func TestReadmeShowsTheDiagram(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatalf("the README must show the state machine: %v", err)
	}
	diagram, err := os.ReadFile(golden(kyc.FlowSubmission))
	if err != nil {
		t.Fatal(err)
	}
	block := "```mermaid\n" + string(diagram) + "```\n"
	if !strings.Contains(string(readme), block) {
		t.Errorf("README.md lacks the state machine as %s has it; it must contain this block:\n%s",
			golden(kyc.FlowSubmission), block)
	}
}
