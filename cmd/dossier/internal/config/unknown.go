package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// serviceLink matches what Kubernetes sets in every pod beside a service that
// is named dossier.
var serviceLink = regexp.MustCompile(`^DOSSIER_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// unknownVariables warns of variables with our prefix that nothing reads: a
// misspelt one must not be passed over in silence.
func unknownVariables(env Environment) []string {
	var names []string
	for _, s := range known() {
		names = append(names, s.variable(), s.fileVariable())
	}
	var warnings []string
	for _, v := range env.Variables {
		name, _, _ := strings.Cut(v, "=")
		if !ours(name) || slices.Contains(names, name) {
			continue
		}
		warning := "the variable " + strconv.Quote(name) + " is unknown"
		if near := nearest(strings.ToUpper(name), names); near != "" {
			warning += ": did you mean " + near + "?"
		}
		warnings = append(warnings, warning)
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}

// ours says that a variable seems meant for this program. The tests have some
// of their own.
func ours(name string) bool {
	upper := strings.ToUpper(name)
	return strings.HasPrefix(upper, prefix) && !strings.HasPrefix(upper, prefix+"TEST_") && !serviceLink.MatchString(name)
}

// nearest returns the name that a misspelt one most likely means, or nothing
// if none is near: at most a third of its letters may be wrong.
func nearest(misspelt string, names []string) string {
	best, least := "", len(misspelt)/3+1
	for _, name := range names {
		// Names that differ that much in length need not be compared.
		if len(name)-len(misspelt) >= least || len(misspelt)-len(name) >= least {
			continue
		}
		if d := distance(misspelt, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is how many letters have to be put in, left out or changed to make
// one word of the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, changed)
		}
	}
	return row[len(b)]
}
