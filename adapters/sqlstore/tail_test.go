package sqlstore

import (
	"strings"
	"testing"

	"dossier/application/eventlog"
)

func recordedFrom(first, n int64, text string) []*eventlog.Recorded {
	events := make([]*eventlog.Recorded, n)
	for i := range events {
		events[i] = &eventlog.Recorded{Position: first + int64(i), Data: text}
	}
	return events
}

func wantTail(t *testing.T, tl *tail, after int64, limit int, first, n int64) {
	t.Helper()
	events, ok := tl.after(after, limit)
	if !ok || int64(len(events)) != n || events[0].Position != first || events[n-1].Position != first+n-1 {
		t.Errorf("after %d: %d events, %t, wanted %d from %d", after, len(events), ok, n, first)
	}
}

func TestTailAnswersOnlyWhatItHoldsWithoutHoles(t *testing.T) {
	var tl tail
	if _, ok := tl.after(0, 10); ok {
		t.Error("an empty tail answers")
	}
	tl.add(recordedFrom(11, 5, "x"))
	wantTail(t, &tl, 10, 100, 11, 5)
	wantTail(t, &tl, 12, 2, 13, 2)
	for _, after := range []int64{0, 9, 15, 99} {
		if _, ok := tl.after(after, 10); ok {
			t.Errorf("it answers after %d, which only the database can", after)
		}
	}
	tl.add(recordedFrom(20, 2, "x")) // another process wrote 16 to 19
	if _, ok := tl.after(14, 10); ok {
		t.Error("it answers over a hole")
	}
	wantTail(t, &tl, 19, 10, 20, 2)
}

func TestTailIsBoundedByEventsAndBytes(t *testing.T) {
	var tl tail
	for first := int64(1); first < 5*tailEvents; first += 512 {
		tl.add(recordedFrom(first, 512, "x"))
	}
	if n := len(tl.events); n < tailEvents || n > 2*tailEvents {
		t.Errorf("it holds %d events", n)
	}
	tl = tail{}
	large := strings.Repeat("x", 60<<10)
	for first := int64(1); first < 2000; first++ {
		tl.add(recordedFrom(first, 1, large))
	}
	held := 0
	for _, e := range tl.events {
		held += size(e)
	}
	if held > 2*tailBytes || held != tl.bytes {
		t.Errorf("it holds %d bytes and counts %d, the bound is %d", held, tl.bytes, 2*tailBytes)
	}
	last := tl.events[len(tl.events)-1].Position
	wantTail(t, &tl, last-3, 10, last-2, 3)
}

func TestTailLeavesAReadersEventsAlone(t *testing.T) {
	var tl tail
	tl.add(recordedFrom(1, 10, "x"))
	held, _ := tl.after(0, 10)
	for first := int64(11); first < 4*tailEvents; first += 100 {
		tl.add(recordedFrom(first, 100, "y"))
	}
	for i, e := range held {
		if e.Position != int64(i+1) || e.Data != "x" {
			t.Fatalf("event %d became position %d with %q", i, e.Position, e.Data)
		}
	}
}
