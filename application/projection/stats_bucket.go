package projection

import "time"

// Bucket is a length of time that statistics are kept by.
type Bucket struct {
	name  string
	hours int64
}

// The buckets. A day is one of UTC.
var (
	BucketHour = Bucket{"hour", 1}
	BucketDay  = Bucket{"day", 24}
)

// Buckets returns every bucket.
func Buckets() []Bucket { return []Bucket{BucketHour, BucketDay} }

// ParseBucket reads a bucket by its name; ok is false for any other text.
func ParseBucket(name string) (b Bucket, ok bool) {
	for _, b := range Buckets() {
		if b.name == name {
			return b, true
		}
	}
	return Bucket{}, false
}

// String returns the name, empty for the zero value.
func (b Bucket) String() string { return b.name }

// Hours returns the bucket's length.
func (b Bucket) Hours() int64 { return b.hours }

// Of returns the span that a time from 1970 on belongs to.
func (b Bucket) Of(at time.Time) Span {
	return Span{BucketHour, at.Unix() / int64(time.Hour/time.Second)}.in(b)
}

// in returns the span of a longer bucket that a span lies in.
func (s Span) in(b Bucket) Span { return Span{b, s.Start - s.Start%b.hours} }
