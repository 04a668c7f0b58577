package projection

import (
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Bin is a span of durations that are counted as one. Each doubling is cut into
// eight bins of one width, so the middle of a bin is within a sixteenth (6.25 %)
// of every duration in it, or within half a millisecond if that is more. Bins
// are made of whole numbers, so that every machine counts alike, and counts of
// them can be added up: a percentile of many hours is that of all their
// durations, never a mean of percentiles.
type Bin int

const (
	// binBits is how many of a duration's leading bits a bin tells, after the
	// first, which is always 1.
	binBits = 3
	// binUnit is the width of the narrowest bins.
	binUnit = time.Millisecond
	// longest is more than two years. What took longer is counted as that.
	longest = 1 << 36 * binUnit
)

// BinOf returns the bin of a duration.
func BinOf(d time.Duration) Bin {
	n := uint64(min(max(d, 0), longest) / binUnit)
	shift := max(0, bits.Len64(n)-binBits-1)
	return Bin(shift<<binBits + int(n>>shift))
}

// String returns the bin's number.
func (b Bin) String() string { return strconv.Itoa(int(b)) }

// Middle returns the duration that stands for all in the bin.
func (b Bin) Middle() time.Duration {
	const first = 2 << binBits // the first bin that is wider than the unit
	shift := 0
	if b >= first {
		shift = int(b)>>binBits - 1
	}
	lowest := (int64(b) - int64(shift)<<binBits) << shift
	return time.Duration(2*lowest+1<<shift) * binUnit / 2
}

// Durations are counts of durations by their bin. The zero value has none.
type Durations struct {
	bins  []int64
	count int64
}

// Add counts n durations of a bin.
func (d *Durations) Add(b Bin, n int64) {
	for len(d.bins) <= int(b) {
		d.bins = append(d.bins, 0)
	}
	d.bins[b] += n
	d.count += n
}

// Merge adds all durations of another.
func (d *Durations) Merge(other Durations) {
	for b, n := range other.bins {
		if n != 0 {
			d.Add(Bin(b), n)
		}
	}
}

// Count returns how many durations there are.
func (d *Durations) Count() int64 { return d.count }

// Percentile returns the shortest duration that p percent of all do not exceed,
// to the precision of a [Bin]; 0 if there are none.
func (d *Durations) Percentile(p int64) time.Duration {
	rank := (d.count*p + 99) / 100
	for b, n := range d.bins {
		if rank -= n; rank <= 0 && d.count > 0 {
			return Bin(b).Middle()
		}
	}
	return 0
}

// String returns the counts of all bins that have any, such as "96:2 127:1".
func (d Durations) String() string {
	var parts []string
	for b, n := range d.bins {
		if n != 0 {
			parts = append(parts, Bin(b).String()+":"+strconv.FormatInt(n, 10))
		}
	}
	return strings.Join(parts, " ")
}

// ParseDurations reads what String returns, with bins in any order; ok is false
// for any other text.
func ParseDurations(text string) (d Durations, ok bool) {
	if text == "" {
		return d, true
	}
	for part := range strings.SplitSeq(text, " ") {
		label, count, _ := strings.Cut(part, ":")
		b, err := strconv.Atoi(label)
		n, failed := strconv.ParseInt(count, 10, 64)
		if err != nil || failed != nil || b < 0 || b > int(BinOf(longest)) || n <= 0 {
			return Durations{}, false
		}
		d.Add(Bin(b), n)
	}
	return d, true
}
