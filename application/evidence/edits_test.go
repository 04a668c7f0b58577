package evidence_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/evidence"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// edit is one change of a JSON text, and what it is.
type edit struct {
	what string
	text []byte
}

// edits returns every deletion, emptying and exchange of one value of a file:
// with the value at the same place of another file, with the next one of its
// list, and with the next one of its object that is of the same form.
func edits(t *testing.T, file, other []byte) (all []edit) {
	t.Helper()
	root := tree(t, file)
	walk(root, tree(t, other), "", func(place string, value, theirs any, set func(any), remove func()) {
		for what, changed := range map[string]any{"emptied": emptied(value), "exchanged": theirs} {
			if changed == nil || cmp.Equal(changed, value) {
				continue
			}
			set(changed)
			all = append(all, edit{place + " " + what, written(t, root)})
			set(value)
		}
		if remove != nil {
			before := written(t, root)
			remove()
			all = append(all, edit{place + " deleted", written(t, root)})
			set(value)
			if !bytes.Equal(before, written(t, root)) {
				t.Fatalf("%s: the edit was not undone", place)
			}
		}
	})
	return all
}

// enough elements of a list are edited: the many moves of the machine are alike.
const enough = 6

// walk calls see for each value below a node. remove is nil for what is in a list:
// see the list itself.
func walk(node, other any, place string, see func(place string, value, theirs any, set func(any), remove func())) {
	switch node := node.(type) {
	case map[string]any:
		theirs, _ := other.(map[string]any)
		names := slices.Sorted(maps.Keys(node))
		for i, name := range names {
			value, at := node[name], place+"."+name
			see(at, value, theirs[name], func(v any) { node[name] = v }, func() { delete(node, name) })
			if next := names[(i+1)%len(names)]; fmt.Sprintf("%T", node[next]) == fmt.Sprintf("%T", value) {
				see(at+" with "+next, value, node[next], func(v any) { node[name] = v }, nil)
			}
			walk(value, theirs[name], at, see)
		}
	case []any:
		theirs, _ := other.([]any)
		for i, value := range node[:min(enough, len(node))] {
			var their any
			if i < len(theirs) {
				their = theirs[i]
			}
			at := fmt.Sprintf("%s[%d]", place, i)
			see(at, value, their, func(v any) { node[i] = v }, nil)
			if i+1 < len(node) {
				see(at+" with the next", value, node[i+1], func(v any) { node[i] = v }, nil)
			}
			walk(value, their, at, see)
		}
	}
}

// shorter returns the edits that delete one element of a list, or all from it on.
func shorter(t *testing.T, file []byte) (all []edit) {
	t.Helper()
	root := tree(t, file)
	walk(root, nil, "", func(place string, value, _ any, set func(any), _ func()) {
		list, ok := value.([]any)
		for i := range min(enough, len(list)) {
			if !ok {
				break
			}
			set(slices.Delete(slices.Clone(list), i, i+1))
			all = append(all, edit{fmt.Sprintf("%s[%d] deleted", place, i), written(t, root)})
			set(list[:i])
			all = append(all, edit{fmt.Sprintf("%s[%d:] deleted", place, i), written(t, root)})
			set(value)
		}
	})
	return all
}

func emptied(value any) any {
	switch value.(type) {
	case string:
		return ""
	case json.Number:
		return json.Number("0")
	case bool:
		return false
	case []any:
		return []any{}
	default:
		return map[string]any{}
	}
}

func tree(t *testing.T, file []byte) (root any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(file))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	return root
}

func written(t *testing.T, root any) []byte {
	t.Helper()
	text, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// truth is what is really so, by which lines under "proved" are judged.
type truth struct {
	log     *world
	bundles map[string]evidence.Bundle // as exported, by session
}

func truthOf(t *testing.T, w *world) truth {
	t.Helper()
	tr := truth{w, map[string]evidence.Bundle{}}
	for _, id := range []kyc.SessionID{person, another} {
		b, err := w.exporter().Session(t.Context(), stream(id))
		if err != nil {
			t.Fatal(err)
		}
		tr.bundles[string(id)] = b
	}
	return tr
}

// claims are all that can stand under "proved", each with when it is true of a
// file. Their numbers are those of the line.
func (tr truth) claims(t *testing.T) map[*regexp.Regexp]func(b evidence.Bundle, numbers []int64) bool {
	genuine := func(b evidence.Bundle) evidence.Bundle { return tr.bundles[b.SessionID] }
	first := func(b evidence.Bundle, n int64) bool {
		all := genuine(b).Events
		return int(n) == len(b.Events) && int(n) <= len(all) && cmp.Equal(b.Events, all[:n])
	}
	signed := func(b evidence.Bundle, size int64) bool {
		c, err := translog.OpenCheckpoint([]byte(b.Checkpoint), tr.log.key.Verifier())
		return err == nil && c.Size == size && c.Root == tr.log.checkpoint(t, size).Root
	}
	return map[*regexp.Regexp]func(evidence.Bundle, []int64) bool{
		regexp.MustCompile(`^the checkpoint of (\d+) events is signed by the key dossier-test\+[0-9a-f]{8}$`): func(b evidence.Bundle, n []int64) bool {
			return signed(b, n[0])
		},
		regexp.MustCompile(`^(\d+) events? at the positions (\d+) to (\d+) (?:is|are) included in the tree of (\d+)$`): func(b evidence.Bundle, n []int64) bool {
			for _, e := range b.Events {
				if !slices.ContainsFunc(genuine(b).Events, func(g evidence.Proven) bool { return g.Event == e.Event }) {
					return false
				}
			}
			last := len(b.Events) - 1
			return signed(b, n[3]) && n[0] == int64(last+1) && n[1] == b.Events[0].Position && n[2] == b.Events[last].Position
		},
		regexp.MustCompile(`^the versions 1 to (\d+) are there, each once and in order$`): func(b evidence.Bundle, n []int64) bool {
			return first(b, n[0])
		},
		regexp.MustCompile(`^the state, [A-Z_]+ at version (\d+), is what the events give under the stated rules$`): func(b evidence.Bundle, n []int64) bool {
			return cmp.Equal(b.Session, genuine(b).Session) && cmp.Equal(b.Rules, genuine(b).Rules) && n[0] == int64(len(genuine(b).Events))
		},
		regexp.MustCompile(`^the key states that these are all events that the session had when the log had (\d+), and that the state, its rules, the machine's table and the time of the export are as it wrote them$`): func(b evidence.Bundle, n []int64) bool {
			return cmp.Equal(b, genuine(b)) && signed(b, n[0])
		},
		regexp.MustCompile(`^the machine's table is that of this program, with (\d+) moves$`): func(b evidence.Bundle, n []int64) bool {
			ours := evidence.MachineOf(kyc.NewMachine())
			return cmp.Equal(ours.Moves, b.Machine.Moves) && int(n[0]) == len(ours.Moves)
		},
		regexp.MustCompile(`^the kept checkpoint of (\d+) events is signed by the key dossier-test\+[0-9a-f]{8}$`): func(_ evidence.Bundle, n []int64) bool {
			return n[0] == tr.log.signed.Size
		},
		regexp.MustCompile(`^the kept checkpoint is of the same history$`): func(b evidence.Bundle, _ []int64) bool {
			return signed(b, tr.log.signed.Size)
		},
		regexp.MustCompile(`^the log still begins with the (\d+) events of the evidence$`): func(b evidence.Bundle, n []int64) bool {
			return signed(b, n[0])
		},
		regexp.MustCompile(`^(\d+) events? of the evidence (?:is|are) in the log$`): func(b evidence.Bundle, n []int64) bool {
			all := slices.Concat(tr.bundles[string(person)].Events, tr.bundles[string(another)].Events)
			for _, e := range b.Events {
				if !slices.ContainsFunc(all, func(g evidence.Proven) bool { return g.Event == e.Event }) {
					return false
				}
			}
			return int(n[0]) == len(b.Events)
		},
		regexp.MustCompile(`^the log has no other events of the session among its first (\d+)$`): func(b evidence.Bundle, n []int64) bool {
			for _, g := range genuine(b).Events {
				if !slices.ContainsFunc(b.Events, func(e evidence.Proven) bool { return e.Position == g.Position }) {
					return false
				}
			}
			return signed(b, n[0])
		},
	}
}

// judge checks that each line under "proved" is true.
func judge(t *testing.T, claims map[*regexp.Regexp]func(evidence.Bundle, []int64) bool, what string, b evidence.Bundle, r evidence.Report) {
	t.Helper()
	for _, line := range r.Proved {
		known := false
		for form, isTrue := range claims {
			found := form.FindStringSubmatch(line)
			if found == nil {
				continue
			}
			known = true
			var numbers []int64
			for _, text := range found[1:] {
				n, err := strconv.ParseInt(text, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				numbers = append(numbers, n)
			}
			if !isTrue(b, numbers) {
				t.Errorf("%s: it is not true that %s", what, line)
			}
		}
		if !known {
			t.Errorf("%s: no test says when this is true: %s", what, line)
		}
	}
}

// Whatever is deleted, emptied or exchanged in evidence, with its statement or
// without: each line under "proved" is true, and nothing but the whole holds.
func TestWhatIsProvedIsTrueWhateverIsEdited(t *testing.T) {
	w := story(t)
	tr := truthOf(t, w)
	claims := tr.claims(t)
	v := w.verifier()
	v.Kept = keep(w.signed.Note)
	whole, other := tr.bundles[string(person)], tr.bundles[string(another)]
	unstated := whole
	unstated.Statement = ""
	tried := 0
	for name, file := range map[string][]byte{"stated": whole.Encode(), "unstated": unstated.Encode()} {
		all := append(edits(t, file, other.Encode()), shorter(t, file)...)
		for _, e := range append(all, edit{"nothing", file}) {
			what := name + ", " + e.what
			b, err := evidence.ParseBundle(e.text)
			if err != nil {
				continue
			}
			tried++
			alone, err := v.Bundle(e.text)
			if err != nil {
				t.Fatal(err)
			}
			within, err := evidence.CheckAgainst(t.Context(), b, v.Key, w.present(w.signed.Size))
			if err != nil {
				t.Fatal(err)
			}
			judge(t, claims, what, b, alone)
			judge(t, claims, what, b, within)
			for _, r := range []evidence.Report{alone, within} {
				if genuine := cmp.Equal(b, whole); (r.Verdict() == evidence.Holds) != genuine {
					t.Errorf("%s: the verdict is %s", what, r.Verdict())
				}
			}
		}
	}
	t.Logf("%d edits were read", tried)
	if tried < 500 {
		t.Error("too few of the edits can be read")
	}
}
