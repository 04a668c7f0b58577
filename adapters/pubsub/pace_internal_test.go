package pubsub

import (
	"testing"
	"time"
)

func TestBatchesAreWhatATenthOfASecondIsEnoughFor(t *testing.T) {
	p := pace{size: 1, most: 1000}
	for range 20 {
		p.took(p.next(), time.Millisecond, batchTime)
	}
	if got := p.next(); got != 1000 {
		t.Errorf("a quick handler gets %d at a time", got)
	}
	p.took(1000, 10*time.Second, batchTime)
	if got := p.next(); got != 10 {
		t.Errorf("a handler of 100 a second gets %d at a time", got)
	}
	p.took(3, time.Millisecond, batchTime) // all that there was
	if got := p.next(); got != 10 {
		t.Errorf("a batch that was not full makes the next %d", got)
	}
	p.took(1, time.Hour, batchTime)
	if got := p.next(); got != 1 {
		t.Errorf("a slow handler gets %d at a time", got)
	}
	p.took(1, time.Millisecond, batchTime)
	p.failed()
	if got := p.next(); got != 1 {
		t.Errorf("after a fault come %d at a time", got)
	}
}
