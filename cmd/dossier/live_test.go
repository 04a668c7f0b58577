package main

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
)

// live opens a live stream and returns its lines. It ends with the test.
func (c *client) live(after string) *bufio.Scanner {
	c.tb.Helper()
	ctx, cancel := context.WithCancel(bounded(c.tb))
	c.tb.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v1/events", nil)
	if err != nil {
		c.tb.Fatal(err)
	}
	request.Header = http.Header{"Authorization": {"Bearer " + c.token}, "Accept": {"text/event-stream"}, "Last-Event-Id": {after}}
	response, err := c.http.Do(request)
	if err != nil {
		c.tb.Fatal(err)
	}
	c.tb.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		c.tb.Fatalf("the stream is answered %d", response.StatusCode)
	}
	return bufio.NewScanner(response.Body)
}

// idsOf reads up to n events and returns their ids; fewer if the stream ends.
func idsOf(lines *bufio.Scanner, n int) (found []string) {
	for len(found) < n && lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			found = append(found, id)
		}
	}
	return found
}

// A stream that a shutdown ended goes on at the next server, and the shutdown
// does not wait for it.
func TestALiveStreamGoesOnAfterARestart(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		first := serve(t, databaseURL)
		lines := first.as(readerToken).live("0")
		first.send(submitted("one"), "applied")
		first.send(submitted("two"), "applied")
		equal(t, "before", strings.Join(idsOf(lines, 2), " "), "1 2")
		first.stop()
		if rest := idsOf(lines, 1); len(rest) > 0 {
			t.Errorf("after the end came %v", rest)
		}
		second := serve(t, databaseURL)
		second.send(submitted("three"), "applied")
		equal(t, "after", strings.Join(idsOf(second.as(readerToken).live("2"), 1), " "), "3")
	})
}
