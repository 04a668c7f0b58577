package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
)

// idAt is the id of the event at a position, as the store of these tests makes it.
func idAt(position int) string { return fmt.Sprintf("019c13e5-2b40-7c11-9a3f-%012d", position) }

// Who says which event it goes on behind is told when the log has another one, or
// none; also when the log has grown beyond that position again.
func TestWhoStandsInAnotherHistoryIsToldSo(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(3)
		for _, c := range []struct {
			position, event int
			lost            bool
		}{{2, 2, false}, {3, 3, false}, {2, 3, true}, {3, 7, true}, {4, 4, true}} {
			place := fmt.Sprintf("after=%d&after_event=%s", c.position, idAt(c.event))
			id := fmt.Sprintf("%d:%s", c.position, idAt(c.event))
			if !c.lost {
				l.get("reader", "/v1/events?"+place).is(http.StatusOK)
				l.connect(t, "reader", "", "Last-Event-ID", id).close()
				l.connect(t, "reader", "?"+place).close()
				continue
			}
			for _, a := range []answer{
				l.get("reader", "/v1/events?"+place), l.refused(t, "reader", "?"+place, ""), l.refused(t, "reader", "", id),
			} {
				a.problem(http.StatusBadRequest, "other-history")
				if head := a.json()["position"]; head != float64(3) {
					t.Errorf("%s: the head is told as %v", id, head)
				}
			}
		}
		// What a browser sends wins over what stands in the URL.
		l.connect(t, "reader", "?after=2&after_event="+idAt(9), "Last-Event-ID", "2:"+idAt(2)).close()
	})
}

// A stream that runs ends when the event that it sent last is no more, although
// nobody has told this process.
func TestAStreamEndsWhenItsHistoryIsReplaced(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		for _, query := range []string{"", "?app=default"} {
			l.store.reset()
			l.many(5)
			c := l.listen(t, "reader", query)
			if got := c.ids(5); got != "1 2 3 4 5" {
				t.Fatal(got)
			}
			l.store.cutBack(3, 4)
			if f := c.next(); f != nil {
				t.Errorf("it went on with %v", f)
			}
			c.close()
		}
	})
}

// cutBack replaces the events behind a position by n others.
func (s *store) cutBack(head, n int) {
	s.mu.Lock()
	kept := s.events[:head:head]
	for i := range n {
		e := s.events[0]
		e.Position, e.Version = int64(head+i+1), int64(head+i+1)
		e.EventID = "019c13e6" + idAt(head + i + 1)[8:]
		kept = append(kept, e)
	}
	s.events = kept
	s.mu.Unlock()
	s.grown.Notify()
}
