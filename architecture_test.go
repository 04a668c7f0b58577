package dossier_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pkg is a package as `go list` describes it. Tests are not looked at: they may
// use whatever they test with.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// packages returns those of this module.
func packages(t *testing.T) (all []pkg) {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	listed, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for list := json.NewDecoder(strings.NewReader(string(listed))); ; {
		var p pkg
		err := list.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 { // this one has nothing but this test
			all = append(all, p)
		}
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}

// layer is the first part of a package's path in the module.
func layer(path string) string {
	inner, ours := strings.CutPrefix(path, "dossier/")
	if !ours {
		return ""
	}
	name, _, _ := strings.Cut(inner, "/")
	return name
}

// inward are the layers that each layer may import.
func inward() map[string][]string {
	return map[string][]string{
		"domain":      {"domain"},
		"application": {"application", "domain"},
		"ports":       {"ports", "application", "domain", "docs"},
		"adapters":    {"adapters", "application", "domain", "migrations"},
		"migrations":  {},
		"docs":        {}, // the schemas of what is published
		// These two are wiring, of the program and of its measurement.
		"cmd":        {"cmd", "ports", "adapters", "application", "domain"},
		"benchmarks": {"adapters", "application", "domain"},
		// What breaks the program, from outside of it.
		"torture": {"torture", "adapters", "application", "domain"},
		// What other programs may import.
		"examples": {"adapters", "application", "domain"},
	}
}

// between are the imports from one adapter to another that have a reason: one
// SQL implementation under two databases, and what tests share.
func between() map[string][]string {
	return map[string][]string{
		"sqlstore":        {"codec"},
		"sqlite":          {"sqlstore", "codec", "wholefile"},
		"postgres":        {"sqlstore", "postgres/pgconn"},
		"fakesynaps":      {"simulator"}, // lives of sessions, and how a relay sends
		"postgres/pgtest": {},
		"postgres/pgmove": {"postgres", "sqlstore", "wholefile"},       // opens what it has copied
		"pubsub":          {"sqlstore", "postgres", "sqlite", "codec"}, // opens either
		"storetest":       {"sqlstore", "codec"},
		"cloudevents":     {"codec"},
		"nats":            {"brokerurl", "cloudevents"},
		"kafka":           {"brokerurl", "cloudevents"},
		"redisstream":     {"brokerurl"},
		"brokertest":      {"cloudevents"},
		"receiver":        {"httpfault"},
		"synaps":          {"httpfault"},
	}
}

func TestImportsPointInwardsOnly(t *testing.T) {
	for _, p := range packages(t) {
		allowed, known := inward()[layer(p.ImportPath)]
		if !known {
			t.Errorf("%s is in no layer", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if to := layer(imported); to != "" && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

func TestAdaptersImportEachOtherForAReasonOnly(t *testing.T) {
	const adapters = "dossier/adapters/"
	for _, p := range packages(t) {
		from, ok := strings.CutPrefix(p.ImportPath, adapters)
		if !ok {
			continue
		}
		for _, imported := range p.Imports {
			if to, ok := strings.CutPrefix(imported, adapters); ok && !slices.Contains(between()[from], to) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// foreign returns the imports of a package from outside of the module and of
// the standard library.
func foreign(p pkg) (all []string) {
	for _, imported := range p.Imports {
		if host, _, _ := strings.Cut(imported, "/"); strings.Contains(host, ".") {
			all = append(all, imported)
		}
	}
	return all
}

// computing are the libraries of the inner layers. They compute, and reach
// nothing outside of the program.
func computing() map[string][]string {
	return map[string][]string{
		"domain":      {"github.com/looplab/fsm"}, // in machine.go only, see below
		"application": {"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog"},
	}
}

// What the service decides must not depend on how it is called, stored or
// delivered.
func TestInnerLayersNeedNoLibraryOfTheOuterOnes(t *testing.T) {
	outer := []string{"net/http", "net", "database/sql", "os", "os/exec", "syscall", "embed", "flag"}
	for _, p := range packages(t) {
		if layer(p.ImportPath) != "domain" && layer(p.ImportPath) != "application" {
			continue
		}
		for _, imported := range foreign(p) {
			if !slices.Contains(computing()[layer(p.ImportPath)], imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
		for _, imported := range p.Imports {
			if slices.Contains(outer, imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// pure are the packages of the standard library that the domain may import:
// none of them reads, writes, waits or encodes.
func pure() []string {
	return []string{"cmp", "errors", "fmt", "iter", "maps", "regexp", "slices", "sort", "strconv", "strings", "sync", "time", "unicode", "unicode/utf8"}
}

// onlyInMachine are the imports of the file that wraps the state machine: the
// library, and what its signature asks for.
func onlyInMachine() []string { return []string{"context", "github.com/looplab/fsm"} }

func TestTheDomainIsPure(t *testing.T) {
	files := 0
	for _, p := range packages(t) {
		if layer(p.ImportPath) != "domain" {
			continue
		}
		for _, name := range p.GoFiles {
			files++
			checkPure(t, filepath.Join(p.Dir, name))
		}
	}
	if files == 0 {
		t.Error("there is no domain")
	}
}

func checkPure(t *testing.T, path string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(path)
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		inMachine := name == "machine.go" && slices.Contains(onlyInMachine(), imported)
		if !inMachine && !slices.Contains(pure(), imported) && layer(imported) != "domain" {
			t.Errorf("%s imports %s", name, imported)
		}
		if spec.Name != nil && (imported == "time" || imported == "context") {
			t.Errorf("%s gives %s another name, under which its use is not seen", name, imported)
		}
	}
	for _, use := range impureUses(file) {
		t.Errorf("%s uses %s", name, use)
	}
}

// impureUses finds clocks, timers and prints: time as a type is no clock, and
// fmt as a formatter no output.
func impureUses(file *ast.File) (found []string) {
	impure := map[string][]string{
		"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Local", "LoadLocation"},
		"fmt":  {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(impure[x.Name], s.Sel.Name) {
				found = append(found, fmt.Sprintf("%s.%s", x.Name, s.Sel.Name))
			}
		}
		return true
	})
	return found
}

// A rule that finds nothing must be able to find something.
func TestImpureUsesAreFound(t *testing.T) {
	const source = "package x\nimport \"time\"\nvar now = time.Now\nfunc f() time.Time { time.Sleep(time.Second); return now() }"
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if found := impureUses(file); !slices.Equal(found, []string{"time.Now", "time.Sleep"}) {
		t.Errorf("found %v", found)
	}
}
