package simulator

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAQuantileIsAtMostThreePercentTooHigh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Min(0), 1, 200).Draw(t, "values")
		q := rapid.SampledFrom([]float64{0.5, 0.95, 0.99, 1}).Draw(t, "q")
		var h histogram
		for _, v := range values {
			h.add(time.Duration(v))
		}
		slices.Sort(values)
		exact := float64(values[max(int(math.Ceil(q*float64(len(values)))), 1)-1])
		got := float64(h.quantile(q))
		if got < exact || got > exact*(1+1.0/subBuckets)+1 {
			t.Errorf("the quantile %v of %v is %v, want %v", q, values, got, exact)
		}
	})
}

func TestAnEmptyHistogramIsZero(t *testing.T) {
	var h histogram
	if got := h.percentiles(); got != (Percentiles{}) {
		t.Errorf("got %+v", got)
	}
}

func TestEveryDurationHasABucket(t *testing.T) {
	var h histogram
	for _, d := range []time.Duration{-1, 0, 1, 31, 32, 63, 64, 65, math.MaxInt64} {
		h.add(d)
	}
	if h.total != 9 || h.percentiles().Max != math.MaxInt64 {
		t.Errorf("%d values, at most %v", h.total, h.percentiles().Max)
	}
}
