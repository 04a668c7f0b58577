package simulator

import (
	"math"
	"math/bits"
	"time"
)

// Percentiles are those of a series of durations, all zero if it is empty. They
// are at most 3 % too high; Max is exact.
type Percentiles struct {
	P50 time.Duration `json:"p50_ns"`
	P95 time.Duration `json:"p95_ns"`
	P99 time.Duration `json:"p99_ns"`
	Max time.Duration `json:"max_ns"`
}

const (
	subBits    = 5 // 32 buckets for each power of two: an error of 1/32
	subBuckets = 1 << subBits
)

// histogram counts durations in buckets that grow with them, so that its size
// does not depend on how many there are.
type histogram struct {
	counts [(64 - subBits) * subBuckets]uint64
	total  uint64
	max    time.Duration
}

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.total++
	h.max = max(h.max, d)
}

// bucket returns the place of a value: its power of two, and the bits that
// follow the highest one.
func bucket(v uint64) int {
	if v < subBuckets {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return shift*subBuckets + int(v>>shift)
}

// ceiling returns the highest value of a bucket.
func ceiling(i int) time.Duration {
	if i < 2*subBuckets {
		return time.Duration(i)
	}
	shift := i/subBuckets - 1
	lead := uint64(i%subBuckets + subBuckets)
	return time.Duration((lead+1)<<shift - 1)
}

// quantile returns the value that a share q of all do not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := max(uint64(math.Ceil(q*float64(h.total))), 1)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return min(ceiling(i), h.max)
		}
	}
	return h.max
}

func (h *histogram) percentiles() Percentiles {
	return Percentiles{P50: h.quantile(0.50), P95: h.quantile(0.95), P99: h.quantile(0.99), Max: h.max}
}
