package projection_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dossier/application/projection"
)

// longest is what durations are counted as that took longer.
const longest = 1 << 36 * time.Millisecond

// someDuration spreads over every order of magnitude.
func someDuration() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		most := int64(1) << rapid.IntRange(0, 56).Draw(t, "magnitude")
		return time.Duration(rapid.Int64Range(0, most).Draw(t, "duration")).Truncate(time.Microsecond)
	})
}

// near says that got stands for want as exactly as a bin promises.
func near(got, want time.Duration) bool {
	off := max(got, want) - min(got, want)
	return off <= max(want/16, time.Millisecond/2)
}

func TestABinStandsForItsDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := someDuration().Draw(t, "d")
		b := projection.BinOf(d)
		if !near(b.Middle(), d) {
			t.Errorf("%v is counted as %v", d, b.Middle())
		}
		if projection.BinOf(b.Middle()) != b {
			t.Errorf("the middle of bin %d, %v, is not in it", b, b.Middle())
		}
	})
}

func TestBinsAreInTheOrderOfDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := someDuration().Draw(t, "a"), someDuration().Draw(t, "b")
		if a <= b && projection.BinOf(a) > projection.BinOf(b) {
			t.Errorf("%v comes after %v", a, b)
		}
	})
}

func TestDurationsHaveBounds(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{-time.Hour: 0, 0: 0, 1<<63 - 1: longest, longest: longest} {
		if got := projection.BinOf(d); got != projection.BinOf(want) {
			t.Errorf("%v is counted as %v", d, got.Middle())
		}
	}
}

func TestDurationsAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := counted(rapid.SliceOfN(someDuration(), 0, 50).Draw(t, "all"))
		if read, ok := projection.ParseDurations(d.String()); !ok || read.String() != d.String() || read.Count() != d.Count() {
			t.Errorf("%q was read as %q, %t", d, read, ok)
		}
	})
	for _, text := range []string{" ", "x", "1", "1:", ":1", "-1:1", "1:0", "1:-1", "1.5:1", "9999:1", "1:1 ", "1:1  2:1", "1:99999999999999999999"} {
		if d, ok := projection.ParseDurations(text); ok {
			t.Errorf("%q was read as %q", text, d)
		}
	}
	if d, ok := projection.ParseDurations("20:1 3:2 20:4"); !ok || d.String() != "3:2 20:5" {
		t.Errorf("bins in any order were read as %q, %t", d, ok)
	}
}

func TestBucketsAreReadByTheirNames(t *testing.T) {
	for _, b := range projection.Buckets() {
		if read, ok := projection.ParseBucket(b.String()); !ok || read != b {
			t.Errorf("%s was read as %s, %t", b, read, ok)
		}
	}
	if b, ok := projection.ParseBucket("week"); ok {
		t.Errorf("a week was read as %s", b)
	}
}

// counted returns durations as they are counted.
func counted(durations []time.Duration) (d projection.Durations) {
	for _, duration := range durations {
		d.Add(projection.BinOf(duration), 1)
	}
	return d
}

// exact returns the percentile of sorted durations by the nearest rank.
func exact(sorted []time.Duration, p int) time.Duration {
	return sorted[(len(sorted)*p+99)/100-1]
}

func TestPercentilesAreNearTheExactOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(someDuration(), 1, 200).Draw(t, "all")
		d := counted(all)
		slices.Sort(all)
		for _, p := range []int{1, 50, 95, 100} {
			if got, want := d.Percentile(int64(p)), exact(all, p); !near(got, want) {
				t.Errorf("p%d of %d is %v, want about %v", p, len(all), got, want)
			}
		}
	})
}

// However counts are brought together, all of their percentiles are those of
// the durations at once.
func TestMergedDurationsAreThoseCountedAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(someDuration(), 0, 20), 3, 3).Draw(t, "parts")
		a, b, c := counted(parts[0]), counted(parts[1]), counted(parts[2])
		left, right, turned := counted(parts[0]), counted(parts[1]), counted(parts[2])
		left.Merge(b)
		left.Merge(c) // (a b) c
		right.Merge(c)
		a.Merge(right) // a (b c)
		turned.Merge(b)
		turned.Merge(counted(parts[0])) // (c b) a
		all := counted(slices.Concat(parts...))
		for p := range int64(101) {
			want := fmt.Sprint(all.Count(), all.Percentile(p))
			for _, d := range []projection.Durations{left, a, turned} {
				if got := fmt.Sprint(d.Count(), d.Percentile(p)); got != want {
					t.Fatalf("p%d: %s, want %s", p, got, want)
				}
			}
		}
	})
}

func TestNoDurationsHaveNoPercentile(t *testing.T) {
	var none projection.Durations
	if none.Count() != 0 || none.Percentile(50) != 0 {
		t.Errorf("%d durations with a p50 of %v", none.Count(), none.Percentile(50))
	}
}
