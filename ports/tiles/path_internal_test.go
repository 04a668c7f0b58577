package tiles

import (
	"fmt"
	"strings"
	"testing"
)

// pathOf is the one path of a tile, as C2SP tlog-tiles writes it.
func pathOf(t tile) string {
	groups := fmt.Sprintf("%03d", t.number%1000)
	for n := t.number / 1000; n > 0; n /= 1000 {
		groups = fmt.Sprintf("x%03d/%s", n%1000, groups)
	}
	kind := fmt.Sprint(t.level)
	if t.entries {
		kind = "entries"
	}
	if t.width != fullWidth {
		groups += fmt.Sprintf(".p/%d", t.width)
	}
	return kind + "/" + groups
}

func TestATileHasOnePath(t *testing.T) {
	for path, want := range map[string]tile{
		"0/000":                  {level: 0, number: 0, width: 256},
		"5/067.p/8":              {level: 5, number: 67, width: 8},
		"1/x001/x234/067":        {level: 1, number: 1_234_067, width: 256},
		"entries/x123/456.p/255": {entries: true, number: 123_456, width: 255},

		"entries/x036/x028/x797/x018/x963/966": {entries: true, number: maxNumber, width: 256},
	} {
		got, ok := parseTile(path)
		if !ok || got != want || pathOf(got) != path {
			t.Errorf("%s is read as %+v, %t, whose path is %s", path, got, ok, pathOf(got))
		}
	}
	for _, path := range []string{
		"", "0", "0/", "0/1", "0/0001", "00/001", "6/001", "-1/001", "+1/001", "a/001", "0/x001", "0/x001/", "0/001/002",
		"0/x000/001", "0/001.p/0", "0/001.p/256", "0/001.p/08", "0/001.p/", "0/001.p", "0/001.p/1.p/1", "0/00a", "0/ 01",
		"0/x001/x002/x003/x004/x005/x006/007", "entries/x999/x999/x999/x999/x999/999",
		"entries/x036/x028/x797/x018/x963/967", "entries/", "entries/1", "Entries/001", "0/-01",
	} {
		if got, ok := parseTile(path); ok {
			t.Errorf("%q is read as %+v", path, got)
		}
	}
}

func FuzzParseTile(f *testing.F) {
	for _, path := range []string{"0/000", "5/067.p/8", "1/x001/x234/067", "entries/x123/456.p/255"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, ok := parseTile(path)
		if !ok {
			return
		}
		if pathOf(got) != path {
			t.Errorf("%q is read as %+v, whose path is %q", path, got, pathOf(got))
		}
		if got.number*fullWidth+int64(got.width) <= got.number || got.width < 1 || got.width > fullWidth || strings.Contains(path, "..") {
			t.Errorf("%q is read as %+v", path, got)
		}
	})
}
