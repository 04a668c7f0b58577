package evidence

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func count(n any, what string) string {
	text := fmt.Sprint(n)
	if text != "1" {
		what += "s"
	}
	return text + " " + what
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// span tells from where to where events stand.
func span(events []Proven) string {
	return fmt.Sprintf("%d to %d", events[0].Position, events[len(events)-1].Position)
}

func missing(from, to int64) string {
	if from == to {
		return fmt.Sprintf("version %d is", from)
	}
	return fmt.Sprintf("the versions %d to %d are", from, to)
}

var name = regexp.MustCompile(`^[A-Za-z0-9 ._+()/-]{1,80}$`)

// shownProgram repeats the name of the program that wrote a file if it can be
// one.
func shownProgram(text string) string {
	if name.MatchString(text) {
		return text
	}
	return "an unnamed program"
}

// differingFields says in which fields a stated session differs from the one
// that was derived.
func differingFields(stated, derived Session) (all []string) {
	theirs, ours := map[string]any{}, map[string]any{}
	flatten(theirs, "", treeOf(stated))
	flatten(ours, "", treeOf(derived))
	places := maps.Clone(theirs)
	maps.Copy(places, ours)
	for _, place := range slices.Sorted(maps.Keys(places)) {
		is, want := theirs[place], ours[place]
		switch {
		case is == want:
		case place == "session_id" || place == "app":
			all = append(all, place+" names another session")
		case strings.HasSuffix(place, ".reason") && is != nil && want != nil:
			// Free text about a person has no place in a report that is handed on.
			all = append(all, place+" is not the one that the events give")
		case is == nil:
			all = append(all, place+" is missing")
		case want == nil:
			all = append(all, place+" is one too many")
		default:
			all = append(all, fmt.Sprintf("%s is %q, the events give %q", place, fmt.Sprint(is), fmt.Sprint(want)))
		}
	}
	return all
}

func treeOf(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data always has a JSON form
	}
	tree, err := parse(text)
	if err != nil {
		panic(err)
	}
	return tree
}

// flatten lists the values of a tree by their places.
func flatten(into map[string]any, place string, tree any) {
	switch v := tree.(type) {
	case map[string]any:
		for name, member := range v {
			at := name
			if place != "" {
				at = place + "." + name
			}
			flatten(into, at, member)
		}
	case []any:
		for i, item := range v {
			flatten(into, fmt.Sprintf("%s[%d]", place, i), item)
		}
	default:
		into[place] = v
	}
}
