package httpapi_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/application/translog"
	"dossier/ports/httpapi"
)

// prover proves from a tree of three leaves, of which the last is not signed.
type prover struct{ err error }

func (p prover) Inclusion(_ context.Context, position int64) (translog.Inclusion, error) {
	switch {
	case p.err != nil:
		return translog.Inclusion{}, p.err
	case position > 3:
		return translog.Inclusion{}, eventlog.ErrNotFound
	case position == 3:
		return translog.Inclusion{}, translog.ErrNotSigned
	}
	e := eventlog.Recorded{Position: position, EventID: "id", Stream: eventlog.Stream{App: "default", Session: "s"}}
	return translog.Inclusion{
		Event: e, Leaf: translog.Leaf(e), Proof: tlog.RecordProof{{7}}, Note: []byte("a note\n"),
		Checkpoint: translog.Checkpoint{Size: 2, Root: tlog.Hash{9}},
	}, nil
}

func (p prover) Consistency(_ context.Context, from, to int64) (translog.Consistency, error) {
	switch {
	case p.err != nil:
		return translog.Consistency{}, p.err
	case from > 2 || to > 2:
		return translog.Consistency{}, translog.ErrNoProof
	}
	return translog.Consistency{From: from, To: 2, FromRoot: tlog.Hash{1}, ToRoot: tlog.Hash{2}, Proof: tlog.TreeProof{{3}}}, nil
}

func withProofs(p prover) func(*httpapi.Config) { return func(c *httpapi.Config) { c.Proofs = p } }

func TestAnEventIsProved(t *testing.T) {
	s := newService(t, withProofs(prover{}))
	var proof struct {
		Position    int64
		Entry, Leaf string
		TreeSize    int64  `json:"tree_size"`
		RootHash    string `json:"root_hash"`
		Proof       []string
		Checkpoint  string
	}
	if err := json.Unmarshal(s.get("reader", "/v1/events/2/proof").is(200).Body.Bytes(), &proof); err != nil {
		t.Fatal(err)
	}
	entry, err := base64.StdEncoding.DecodeString(proof.Entry)
	if err != nil || tlog.RecordHash(entry).String() != proof.Leaf {
		t.Errorf("the leaf %s is not that of the entry %q, %v", proof.Leaf, proof.Entry, err)
	}
	if want := (tlog.Hash{7}).String(); len(proof.Proof) != 1 || proof.Proof[0] != want {
		t.Errorf("the proof is %v, want %s", proof.Proof, want)
	}
	if proof.Position != 2 || proof.TreeSize != 2 || proof.RootHash != (tlog.Hash{9}).String() || proof.Checkpoint != "a note\n" {
		t.Errorf("got %+v", proof)
	}
}

func TestWhatCannotBeProvedIsSaid(t *testing.T) {
	s := newService(t, withProofs(prover{}))
	s.get("reader", "/v1/events/4/proof").problem(404, "event-not-found")
	if a := s.get("reader", "/v1/events/3/proof"); a.Header().Get("Retry-After") != "1" {
		t.Errorf("headers %v", a.Header())
	} else {
		a.problem(503, "not-sealed")
	}
	for _, position := range []string{"0", "-1", "x", "1.5", "99999999999999999999"} {
		s.get("reader", "/v1/events/"+position+"/proof").problem(422, "invalid-request")
	}
	for _, query := range []string{"", "?from=0", "?from=3", "?from=1&to=3", "?from=x", "?to=2"} {
		s.get("reader", "/v1/log/consistency"+query).problem(422, "invalid-request")
	}
	broken := newService(t, withProofs(prover{errors.New("with a secret in it")}))
	for _, path := range []string{"/v1/events/1/proof", "/v1/log/consistency?from=1"} {
		a := broken.get("reader", path)
		a.problem(500, "internal")
		if strings.Contains(a.Body.String(), "secret") {
			t.Error("the fault is told")
		}
	}
}

func TestConsistencyIsProved(t *testing.T) {
	s := newService(t, withProofs(prover{}))
	var c struct {
		From, To int64
		FromRoot string `json:"from_root"`
		ToRoot   string `json:"to_root"`
		Proof    []string
	}
	if err := json.Unmarshal(s.get("auditor", "/v1/log/consistency?from=1").is(200).Body.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	if c.From != 1 || c.To != 2 || c.FromRoot != (tlog.Hash{1}).String() || c.ToRoot != (tlog.Hash{2}).String() || len(c.Proof) != 1 {
		t.Errorf("got %+v", c)
	}
}

// The tiles are for everyone, and the entries for who may read events; what an
// auditor reads of them is recorded.
func TestEntriesNeedAToken(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) {
		c.Log, c.LogEntries = page("tiles"), page("entries")
	})
	for _, path := range []string{"/log/checkpoint", "/log/tile/0/000"} {
		if a := s.get("", path).is(200); a.Body.String() != "tiles" {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
	const entries = "/log/tile/entries/000"
	s.get("", entries).problem(401, "unauthorized")
	s.get("stranger", entries).problem(401, "unauthorized")
	for _, role := range []string{"reader", "reviewer", "auditor", "admin"} {
		if a := s.get(role, entries).is(200); a.Body.String() != "entries" {
			t.Errorf("%s: %s", role, a.Body)
		}
	}
	if recorded := s.access.take(); len(recorded) != 1 || recorded[0].Actor != "auditor-1" || recorded[0].Action != "read-log-entries" {
		t.Errorf("recorded %v", recorded)
	}
}

// page is a handler that answers one text.
type page string

func (p page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write([]byte(p))
}
