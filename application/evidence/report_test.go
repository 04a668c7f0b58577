package evidence_test

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/application/evidence"
	"dossier/application/translog"
)

func leavesOf(events []eventlog.Recorded) (all []tlog.Hash) {
	for _, e := range events {
		all = append(all, translog.Leaf(e))
	}
	return all
}

// naiveRoot is the hash of a tree as RFC 6962 defines it.
func naiveRoot(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(naiveRoot(leaves[:k]), naiveRoot(leaves[k:]))
}

// holds wants a report without findings, with texts among what was proved.
func holds(t testing.TB, r evidence.Report, err error, proved ...string) {
	t.Helper()
	if err != nil || r.Verdict() != evidence.Holds {
		t.Fatalf("%v, findings: %v", err, r.Findings)
	}
	all := strings.Join(r.Proved, "\n")
	for _, text := range proved {
		if !strings.Contains(all, text) {
			t.Errorf("%q is not proved:\n%s", text, all)
		}
	}
	keepsSecret(t, r)
}

// incomplete wants a report without findings of evidence that lacks its statement,
// with texts among what was not proved, and neither state nor rules nor
// completeness among what was.
func incomplete(t testing.TB, r evidence.Report, err error, unproved ...string) {
	t.Helper()
	if err != nil || r.Verdict() != evidence.Incomplete {
		t.Fatalf("%v, the verdict is %s, findings: %v", err, r.Verdict(), r.Findings)
	}
	all := strings.Join(r.Unproved, "\n")
	for _, text := range unproved {
		if !strings.Contains(all, text) {
			t.Errorf("%q is not among what is not proved:\n%s", text, all)
		}
	}
	for _, line := range r.Proved {
		for _, word := range []string{"the state", "rules", "all events", "no other events"} {
			if strings.Contains(line, word) {
				t.Errorf("it is not proved that %s", line)
			}
		}
	}
	keepsSecret(t, r)
}

// finds wants a report with texts among its findings.
func finds(t testing.TB, r evidence.Report, err error, texts ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range r.Findings {
		all.WriteString(f.String() + "\n")
	}
	if r.Verdict() != evidence.Fails {
		t.Error("nothing was found")
	}
	for _, text := range texts {
		if !strings.Contains(all.String(), text) {
			t.Errorf("%q was not found:\n%s", text, &all)
		}
	}
	keepsSecret(t, r)
}

// keepsSecret wants no session id in a report.
func keepsSecret(t testing.TB, r evidence.Report) {
	t.Helper()
	all := strings.Join(append(append([]string{r.Subject}, r.Proved...), r.Unproved...), "\n")
	for _, f := range r.Findings {
		all += f.String()
	}
	if strings.Contains(all, string(person)) || strings.Contains(all, string(another)) {
		t.Errorf("a session id is in the report: %s", all)
	}
}
