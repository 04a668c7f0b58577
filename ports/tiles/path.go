package tiles

import (
	"math"
	"strconv"
	"strings"
)

// maxLevel is the highest level of a tile that C2SP tlog-tiles has.
const maxLevel = 5

// fullWidth is how many hashes, or entries, a full tile has.
const fullWidth = 256

// tile names a tile, or a bundle of entries.
type tile struct {
	entries bool
	level   int
	number  int64
	width   int // fullWidth, or fewer for one that is not full
}

// parseTile reads what follows /log/tile/: the level or the word entries, the
// number in groups of three digits, of which all but the last begin with an x,
// and the width of a tile that is not full. Each tile has one path only.
func parseTile(path string) (t tile, ok bool) {
	kind, rest, found := strings.Cut(path, "/")
	if !found {
		return t, false
	}
	if t.entries = kind == "entries"; !t.entries {
		if t.level, ok = number(kind, maxLevel); !ok {
			return t, false
		}
	}
	t.width = fullWidth
	if before, width, partial := strings.Cut(rest, ".p/"); partial {
		if t.width, ok = number(width, fullWidth-1); !ok || t.width == 0 {
			return t, false
		}
		rest = before
	}
	t.number, ok = parseGroups(rest)
	return t, ok
}

// maxGroups keeps a number within 63 bits, and maxNumber the positions of its tile.
const (
	maxGroups = 6
	maxNumber = math.MaxInt64/fullWidth - 1
)

func parseGroups(path string) (n int64, ok bool) {
	groups := strings.Split(path, "/")
	if len(groups) > maxGroups {
		return 0, false
	}
	for i, group := range groups {
		if last := i == len(groups)-1; !last {
			if group, ok = strings.CutPrefix(group, "x"); !ok {
				return 0, false
			}
		}
		if len(group) != 3 || strings.Trim(group, "0123456789") != "" {
			return 0, false
		}
		if i == 0 && len(groups) > 1 && group == "000" {
			return 0, false // written with more groups than it needs
		}
		three, _ := strconv.Atoi(group)
		n = n*1000 + int64(three)
	}
	return n, n <= maxNumber
}

// number reads digits without leading zeros, up to a limit.
func number(text string, limit int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= limit && strconv.Itoa(n) == text
}
